import { monotonicNanos } from '../runtime/clock';
import { LOG_WARN } from '../runtime/log';
import { CommonConfiguration, openConfiguration } from '../runtime/plugin-config';
import { functions, Section } from './section';

/** Everything one plugin configuration asks for. */
export class Configuration {
  /** Why the configuration is refused; empty when it is not. */
  error: string = '';
  logThreshold: u32 = LOG_WARN;
  /** Those that have something to do, in the order in which they see a request. */
  readonly sections: Section[] = [];
  /** The one that edits messages, around all others; null when there is nothing to edit. */
  editor: Section | null = null;

  adopt(): void {
    const nowNanos = monotonicNanos();
    for (let index = 0; index < this.sections.length; index++) this.sections[index].adopt(nowNanos);
    const editor = this.editor;
    if (editor !== null) editor.adopt(nowNanos);
  }

  get summary(): string {
    const parts: string[] = [];
    for (let index = 0; index < this.sections.length; index++) parts.push(this.sections[index].summary);
    const editor = this.editor;
    if (editor !== null) parts.push(editor.summary);
    return parts.length == 0 ? 'nothing' : parts.join(', ');
  }
}

/** Reads and validates the plugin configuration that Envoy holds. */
export function readConfiguration(size: u32): Configuration {
  const configuration = new Configuration();
  const reader = openConfiguration(size);
  const common = new CommonConfiguration();
  const read = new StaticArray<Section | null>(functions.length);
  if (reader.enterObject()) {
    while (reader.nextField()) {
      if (common.readField(reader)) continue;
      let owner = functions.length - 1;
      while (owner >= 0 && !functions[owner].owns(reader)) owner--;
      if (owner < 0) reader.refuseField();
      else read[owner] = functions[owner].read(reader, common);
    }
  }
  common.finish(reader);
  configuration.error = reader.error;
  configuration.logThreshold = common.logThreshold;
  for (let index = 0; index < read.length; index++) {
    const section = read[index];
    if (section === null || section.isEmpty) continue;
    if (section.editsMessages) configuration.editor = section;
    else configuration.sections.push(section);
  }
  return configuration;
}
