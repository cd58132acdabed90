import { proxy_set_effective_context } from '../../runtime/abi';
import { HeaderSection } from './header-section';
import { generationIsNoted } from './stream-notes';

/**
 * The sections that responses on their way may still need: a stream is edited by the configuration it began with. At
 * most 64 of them; one that nothing waits for is let go when the next comes.
 */
const SLOTS: u32 = 64;
const sections = new StaticArray<HeaderSection | null>(64);
let lastGeneration: u32 = 0;

export function sectionIsRegistered(section: HeaderSection): bool {
  return unchecked(sections[section.generation % SLOTS]) === section;
}

/** Null for one that has been let go. */
export function sectionOfGeneration(generation: u32): HeaderSection | null {
  const section = unchecked(sections[generation % SLOTS]);
  return section === null || section.generation != generation ? null : section;
}

/** Gives the section a generation of its own, and lets go of those whose streams are all over. `context` is the effective one. */
export function registerSection(section: HeaderSection, context: u32): void {
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    const former = sections[slot];
    if (former !== null && !generationIsNoted(former.generation)) sections[slot] = null;
  }
  proxy_set_effective_context(context);
  for (let tries: u32 = 0; tries < SLOTS; tries++) {
    lastGeneration++;
    if (sections[lastGeneration % SLOTS] === null) break;
  }
  section.generation = lastGeneration;
  sections[lastGeneration % SLOTS] = section;
}
