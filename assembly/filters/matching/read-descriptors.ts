import { bytesOf } from '../../core/bytes';
import { JsonReader } from '../../runtime/json-reader';
import { ON_CLIENT_ADDRESS, ON_HEADER } from '../../runtime/request';
import { Descriptor } from './descriptor';
import { headerName, readNonEmpty } from './read-text';
import { FIELD_NAME, FIELD_ON, needsName, readOn } from './value-source';

const IPV4_PREFIX_LENGTH = bytesOf('ipv4PrefixLength');
const IPV6_PREFIX_LENGTH = bytesOf('ipv6PrefixLength');

/** Reads a list of descriptors, at least one. */
export function readDescriptors(reader: JsonReader): Descriptor[] {
  const descriptors: Descriptor[] = [];
  if (!reader.enterArray()) return descriptors;
  for (let index = 0; reader.nextItem(index); index++) {
    const descriptor = new Descriptor();
    descriptor.on = -1;
    if (!reader.enterObject()) return descriptors;
    while (reader.nextField()) {
      if (reader.fieldIs(FIELD_ON)) descriptor.on = readOn(reader);
      else if (reader.fieldIs(FIELD_NAME)) descriptor.name = readNonEmpty(reader);
      else if (reader.fieldIs(IPV4_PREFIX_LENGTH)) descriptor.ipv4PrefixLength = <i32>reader.readWhole(0, 32);
      else if (reader.fieldIs(IPV6_PREFIX_LENGTH)) descriptor.ipv6PrefixLength = <i32>reader.readWhole(0, 128);
      else reader.refuseField();
    }
    if (descriptor.on == ON_HEADER) descriptor.name = headerName(descriptor.name);
    if (descriptor.on < 0) reader.refuse('expected a descriptor with "on", got none');
    if (needsName(descriptor.on) != descriptor.name.length > 0) reader.refuse('expected "name" with header, cookie and query alone');
    const hasPrefix = descriptor.ipv4PrefixLength != 32 || descriptor.ipv6PrefixLength != 128;
    if (hasPrefix && descriptor.on != ON_CLIENT_ADDRESS) reader.refuse('expected prefix lengths with clientAddress alone');
    descriptors.push(descriptor);
  }
  if (descriptors.length == 0) reader.refuse('expected at least one descriptor');
  return descriptors;
}
