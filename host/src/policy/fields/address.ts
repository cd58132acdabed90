import { isIPv4, isIPv6 } from 'node:net';
import { textThat } from './text.ts';

/** A range of client addresses. */
export function addressRange() {
  return textThat('an address range such as `10.0.0.0/8` or `fd00::/8`', isAddressRange);
}

function isAddressRange(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length)) return false;
  return (
    (isIPv4(address) && Number(length) <= 32) ||
    (isIPv6(address) && !address.includes('%') && Number(length) <= 128)
  );
}
