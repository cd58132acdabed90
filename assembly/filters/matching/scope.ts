import { bytesOf, equalBytes } from '../../core/bytes';
import { HostTable, LONGEST_NAME } from '../../core/host-table';
import { JsonReader } from '../../runtime/json-reader';
import { CommonConfiguration } from '../../runtime/plugin-config';
import { authorityPort, fact, factLength, readHost, readRouteName, virtualHostPort } from '../../runtime/request';
import { allHold, Matcher } from './matcher';
import { readMatchers } from './read-matcher';
import { lowerCase, readStrings } from './read-text';

const HOSTS = bytesOf('hosts');
const PORTS = bytesOf('ports');
const ROUTES = bytesOf('routes');
const MATCH = bytesOf('match');
const FOR_ALL_HOSTS = bytesOf('*');

/** Most rules have none of these; 10,000 of them share one empty list each. Never written to. */
const NO_NAMES: StaticArray<u8>[] = [];
const NO_MATCHERS: Matcher[] = [];

/** Which requests a rule, scheduler or breaker is for: hosts, ports, routes and matchers. */
export class Scope {
  /** Null: every host. */
  private hosts: StaticArray<u8>[] | null = null;
  private ports: StaticArray<i32> | null = null;
  /** What the document says once for all, which may come after this rule. */
  private common: CommonConfiguration | null = null;
  private routes: StaticArray<u8>[] = NO_NAMES;
  private matchers: Matcher[] = NO_MATCHERS;

  /** Reads the field at hand if it is one of a scope's. */
  readField(reader: JsonReader, common: CommonConfiguration): bool {
    if (reader.fieldIs(HOSTS)) this.hosts = readHosts(reader);
    else if (reader.fieldIs(PORTS)) {
      this.ports = readPorts(reader);
      this.common = common;
    }
    else if (reader.fieldIs(ROUTES)) this.routes = readRoutes(reader);
    else if (reader.fieldIs(MATCH)) this.matchers = readMatchers(reader, common);
    else return false;
    return true;
  }

  /** Enters `value` into the table, under every host of the scope. */
  addTo(table: HostTable, value: i32): void {
    const hosts = this.hosts;
    if (hosts === null) return table.add(FOR_ALL_HOSTS, value);
    for (let index = 0; index < hosts.length; index++) table.add(hosts[index], value);
  }

  /** Whether the request at hand, whose host is one of the scope's, is in it. */
  holds(): bool {
    const ports = this.ports;
    if (ports !== null && !portIsAmong(ports, this.common!.portsAreOfVirtualHosts)) return false;
    if (this.routes.length > 0 && !routeIsAmong(this.routes)) return false;
    return this.matchers.length == 0 || allHold(this.matchers);
  }
}

function portIsAmong(ports: StaticArray<i32>, areOfVirtualHosts: bool): bool {
  if (!areOfVirtualHosts) readHost();
  const port = areOfVirtualHosts ? virtualHostPort() : authorityPort();
  if (port < 0) return true;
  for (let index = 0; index < ports.length; index++) if (unchecked(ports[index]) == port) return true;
  return false;
}

function routeIsAmong(routes: StaticArray<u8>[]): bool {
  if (!readRouteName()) return false;
  for (let index = 0; index < routes.length; index++) {
    const route = unchecked(routes[index]);
    if (route.length == factLength && equalBytes(changetype<usize>(route), fact, factLength)) return true;
  }
  return false;
}

function readHosts(reader: JsonReader): StaticArray<u8>[] {
  const hosts = readStrings(reader);
  if (hosts.length == 0) reader.refuse('expected at least one host');
  for (let index = 0; index < hosts.length; index++) {
    lowerCase(hosts[index]);
    if (!isHostPattern(hosts[index])) {
      reader.refuse('expected hosts such as a.example, *.example or *, without a port and of at most 255 bytes');
    }
  }
  return hosts;
}

function readPorts(reader: JsonReader): StaticArray<i32> | null {
  const ports: i32[] = [];
  if (!reader.enterArray()) return null;
  for (let index = 0; reader.nextItem(index); index++) ports.push(<i32>reader.readWhole(1, 65535));
  if (ports.length == 0) reader.refuse('expected at least one port');
  const fixed = new StaticArray<i32>(ports.length);
  for (let index = 0; index < ports.length; index++) fixed[index] = ports[index];
  return fixed;
}

function readRoutes(reader: JsonReader): StaticArray<u8>[] {
  const routes = readStrings(reader);
  if (routes.length == 0) reader.refuse('expected at least one route');
  return routes;
}

/** `*`, `*.suffix`, or a name or address without star and port; an IPv6 address stands in brackets. */
function isHostPattern(host: StaticArray<u8>): bool {
  if (host.length == 0 || host.length > LONGEST_NAME) return false;
  if (host[0] == 42 /* * */ && host.length > 1 && (host[1] != 46 || host.length == 2)) return false;
  const isBracketed = host[0] == 91 /* [ */;
  for (let at = 0; at < host.length; at++) {
    const byte = host[at];
    if (byte <= 32 || byte == 127 || (byte == 42 && at > 0) || (byte == 58 /* : */ && !isBracketed)) return false;
  }
  return true;
}
