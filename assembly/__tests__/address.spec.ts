import { cutAddress, isInRange, parseAddress } from '../core/address';
import { bytesOf } from '../core/bytes';

const address: usize = memory.data(16, 8);
const other: usize = memory.data(16, 8);

function family(text: string): i32 {
  const bytes = bytesOf(text);
  return parseAddress(changetype<usize>(bytes), bytes.length, address);
}

function hexadecimal(): string {
  let text = '';
  for (let index = 0; index < 16; index++) {
    const byte = <u32>load<u8>(address + index);
    text += (byte < 16 ? '0' : '') + byte.toString(16);
  }
  return text;
}

describe('address', () => {
  it('reads IPv4 as the mapped IPv6 form, with or without a port', () => {
    expect(family('10.1.2.3')).toBe(4);
    expect(hexadecimal()).toBe('00000000000000000000ffff0a010203');
    expect(family('10.1.2.3:65535')).toBe(4);
    expect(hexadecimal()).toBe('00000000000000000000ffff0a010203');
  });

  it('reads every form of IPv6', () => {
    expect(family('2001:db8::1')).toBe(6);
    expect(hexadecimal()).toBe('20010db8000000000000000000000001');
    expect(family('[2001:db8::1]:443')).toBe(6);
    expect(hexadecimal()).toBe('20010db8000000000000000000000001');
    expect(family('::')).toBe(6);
    expect(hexadecimal()).toBe('00000000000000000000000000000000');
    expect(family('1:2:3:4:5:6:7:8')).toBe(6);
    expect(hexadecimal()).toBe('00010002000300040005000600070008');
    expect(family('fe80::1%eth0')).toBe(6);
    expect(hexadecimal()).toBe('fe800000000000000000000000000001');
    expect(family('::ffff:10.1.2.3')).toBe(6);
    expect(hexadecimal()).toBe('00000000000000000000ffff0a010203');
    expect(family('1::')).toBe(6);
    expect(hexadecimal()).toBe('00010000000000000000000000000000');
  });

  it('refuses what is none', () => {
    const wrong = ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1..2.3', 'a.b.c.d', '1:2:3', '::1::', '12345::', '[::1', ':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:', '1:2:3:4:5:6:7:8:9', '::1.2.3'];
    for (let index = 0; index < wrong.length; index++) expect(family(wrong[index])).toBe(0, wrong[index]);
  });

  it('compares and cuts at any bit', () => {
    family('10.1.255.9');
    memory.copy(other, address, 16);
    family('10.1.128.1');
    expect(isInRange(other, address, 96 + 17)).toBe(true);
    expect(isInRange(other, address, 96 + 18)).toBe(false);
    cutAddress(other, 4, 17);
    memory.copy(address, other, 16);
    expect(hexadecimal()).toBe('00000000000000000000ffff0a018000');
    cutAddress(other, 4, 0);
    memory.copy(address, other, 16);
    expect(hexadecimal()).toBe('00000000000000000000ffff00000000');
  });
});
