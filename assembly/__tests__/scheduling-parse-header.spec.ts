import { bytesOf } from '../core/bytes';
import { parseMillis, parseTimeout, parseTokens } from '../filters/quota-scheduler/parse-header';

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3600 * SECOND;
const MOST: u64 = 1 << 53;

function tokens(text: string, most: u64 = MOST): u64 {
  const bytes = bytesOf(text);
  return parseTokens(changetype<usize>(bytes), bytes.length, most);
}

function millis(text: string): u64 {
  const bytes = bytesOf(text);
  return parseMillis(changetype<usize>(bytes), bytes.length);
}

function timeout(text: string): u64 {
  const bytes = bytesOf(text);
  return parseTimeout(changetype<usize>(bytes), bytes.length);
}

describe('tokens in a header', () => {
  it('are a decimal number, in thousandths', () => {
    expect(tokens('0')).toBe(0);
    expect(tokens('2')).toBe(2000);
    expect(tokens('007')).toBe(7000);
    expect(tokens('0.5')).toBe(500);
    expect(tokens('1.')).toBe(1000);
    expect(tokens('12.034')).toBe(12_034);
  });

  it('lose the digits past the thousandths', () => {
    expect(tokens('0.0019')).toBe(1);
    expect(tokens('1.9999999999999999999999999')).toBe(1999);
  });

  it('are at most so many, however long the number', () => {
    expect(tokens('2.001', 2000)).toBe(2000);
    expect(tokens('99999999999999999999999999999999999999.9')).toBe(MOST);
    expect(tokens('9007199254740992')).toBe(MOST);
    expect(tokens('9007199254740')).toBe(9_007_199_254_740_000);
  });

  it('are 0 when they are no number', () => {
    const garbage = ['', '.', '.5', '-1', '+1', '1e3', '1,5', '1.2.3', ' 1', '1 ', 'NaN', 'Infinity', '0x10', '1.x', '/', ':', '\u00bd'];
    for (let index = 0; index < garbage.length; index++) expect(tokens(garbage[index])).toBe(0, garbage[index]);
  });
});

describe('milliseconds in a header', () => {
  it('are a whole number, of at most an hour', () => {
    expect(millis('0')).toBe(0);
    expect(millis('250')).toBe(250_000_000);
    expect(millis('3600000')).toBe(HOUR);
    expect(millis('3600001')).toBe(HOUR);
    expect(millis('99999999999999999999999999999')).toBe(HOUR);
  });

  it('are 0 when they are no number', () => {
    const garbage = ['', '-1', '1.5', '1s', ' 1', 'soon'];
    for (let index = 0; index < garbage.length; index++) expect(millis(garbage[index])).toBe(0, garbage[index]);
  });
});

describe('a gRPC timeout', () => {
  it('is a whole number and a unit', () => {
    expect(timeout('1H')).toBe(HOUR);
    expect(timeout('2M')).toBe(120 * SECOND);
    expect(timeout('3S')).toBe(3 * SECOND);
    expect(timeout('4m')).toBe(4_000_000);
    expect(timeout('5u')).toBe(5000);
    expect(timeout('6n')).toBe(6);
    expect(timeout('99999999n')).toBe(99_999_999);
  });

  it('is at most an hour, however long it says', () => {
    const long = ['2H', '61M', '3601S', '99999999S', '99999999M', '99999999H', '5124096H', '20496382H', '81985529H'];
    for (let index = 0; index < long.length; index++) expect(timeout(long[index])).toBe(HOUR, long[index]);
  });

  it('is 0 when it is none', () => {
    const garbage = ['', '1', 'S', '1s', '1h', '-1S', '1.5S', ' 1S', '1 S', '1SS', '123456789S', '1\u00b5'];
    for (let index = 0; index < garbage.length; index++) expect(timeout(garbage[index])).toBe(0, garbage[index]);
  });
});
