import { bytesOf } from '../../core/bytes';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { Section, TrafficFunction } from '../section';
import { readHeaderRules } from './config';

const HEADER_RULES = bytesOf('headerRules');

export class HeaderMutation extends TrafficFunction {
  owns(reader: JsonReader): bool { return reader.fieldIs(HEADER_RULES); }

  read(reader: JsonReader, common: CommonConfiguration): Section {
    return readHeaderRules(reader, common);
  }
}
