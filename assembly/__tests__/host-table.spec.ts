import { bytesOf } from '../core/bytes';
import { HostTable } from '../core/host-table';

function found(table: HostTable, host: string): string {
  const values = new StaticArray<i32>(16);
  const bytes = bytesOf(host);
  const count = table.find(changetype<usize>(bytes), bytes.length, values);
  let text = '';
  for (let index = 0; index < count; index++) text += values[index].toString() + ' ';
  return text;
}

describe('host table', () => {
  it('finds exact names without case, then suffixes from the longest, then those for all', () => {
    const table = new HostTable();
    table.add(bytesOf('*'), 9);
    table.add(bytesOf('*.example'), 3);
    table.add(bytesOf('*.b.example'), 2);
    table.add(bytesOf('a.b.example'), 1);
    expect(found(table, 'A.b.Example')).toBe('1 2 3 9 ');
    expect(found(table, 'x.example')).toBe('3 9 ');
    expect(found(table, 'example')).toBe('9 ');
    expect(found(table, '')).toBe('9 ');
  });

  it('keeps several values of one name in order', () => {
    const table = new HostTable();
    for (let value = 0; value < 5; value++) table.add(bytesOf('a.example'), value);
    expect(found(table, 'a.example')).toBe('0 1 2 3 4 ');
  });

  it('is not found by a pattern that a client writes as its host', () => {
    const table = new HostTable();
    table.add(bytesOf('*.example'), 1);
    expect(found(table, '*.example')).toBe('1 ');
    expect(found(table, '*')).toBe('');
  });

  it('covers a host that is longer than any name by its suffix', () => {
    const table = new HostTable();
    table.add(bytesOf('*.example'), 1);
    table.add(bytesOf('*'), 2);
    expect(found(table, 'a.'.repeat(200) + 'example')).toBe('1 2 ');
    expect(found(table, 'a'.repeat(70_000) + '.example')).toBe('1 2 ');
    expect(found(table, 'a.'.repeat(200) + 'example.org')).toBe('2 ');
  });

  it('finds every one of 10,000 names and nothing else', () => {
    const table = new HostTable();
    for (let value = 0; value < 10_000; value++) table.add(bytesOf('host-' + value.toString() + '.example'), value);
    let wrong = 0;
    for (let value = 0; value < 10_000; value++) {
      if (found(table, 'host-' + value.toString() + '.example') != value.toString() + ' ') wrong++;
    }
    expect(wrong).toBe(0);
    expect(found(table, 'host-10000.example')).toBe('');
  });
});
