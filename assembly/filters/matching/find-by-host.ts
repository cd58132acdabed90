import { HostTable } from '../../core/host-table';
import { fact, factLength, readHost } from '../../runtime/request';

/** Writes into `found` what the table has for the host of the request at hand; returns how many. The host is read only if some name needs it. */
@inline
export function findByHost(table: HostTable, found: StaticArray<i32>): i32 {
  let host: usize = 0;
  let hostLength = 0;
  if (table.needsHost && readHost()) {
    host = fact;
    hostLength = factLength;
  }
  return table.find(host, hostLength, found);
}
