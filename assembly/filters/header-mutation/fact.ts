import { bytesOf, copyBytes, equalBytes } from '../../core/bytes';
import {
  fact,
  factLength,
  ON_COOKIE,
  ON_HEADER,
  ON_HOST,
  ON_METHOD,
  ON_PATH,
  ON_QUERY,
  readAuthority,
  readProtocol,
  readQueryString,
  readRouteName,
  readScheme,
  readSourceAddress,
  readValue,
  showFact,
} from '../../runtime/request';
import {
  VERDICT_BREAKER,
  VERDICT_LIMITER,
  VERDICT_SCHEDULER,
  VERDICT_WORKLOAD,
  verdictLength,
  verdictPointer,
} from '../../runtime/verdict';
import { isHeaderName, isWord, lowerCase } from '../matching/read-text';

/** What a template can speak of. Those of a request are noted for its response, if that asks for them. */
export const REQUEST_HEADER: i32 = 0;
export const REQUEST_COOKIE: i32 = 1;
export const REQUEST_QUERY_PARAMETER: i32 = 2;
const REQUEST_PATH: i32 = 3;
const REQUEST_QUERY: i32 = 4;
const REQUEST_METHOD: i32 = 5;
const REQUEST_HOST: i32 = 6;
const REQUEST_AUTHORITY: i32 = 7;
const REQUEST_SCHEME: i32 = 8;
export const REQUEST_PROTOCOL: i32 = 9;
export const SOURCE_ADDRESS: i32 = 10;
export const ROUTE_NAME: i32 = 11;
export const LIMITER: i32 = 12;
export const SCHEDULER: i32 = 13;
export const WORKLOAD: i32 = 14;
export const BREAKER: i32 = 15;
export const RESPONSE_STATUS: i32 = 16;
export const RESPONSE_HEADER: i32 = 17;

const WORDS: string[] = [
  'request.header.',
  'request.cookie.',
  'request.query.',
  'request.path',
  'request.query',
  'request.method',
  'request.host',
  'request.authority',
  'request.scheme',
  'request.protocol',
  'source.address',
  'route.name',
  'limiter',
  'scheduler',
  'workload',
  'breaker',
  'response.status',
  'response.header.',
];

export class Fact {
  /** Among the facts of its configuration that are noted for responses; −1 for one that is not. */
  number: i32 = -1;

  constructor(readonly kind: i32, readonly name: StaticArray<u8>) {}

  equals(other: Fact): bool {
    const length = this.name.length;
    if (this.kind != other.kind || length != other.name.length) return false;
    return equalBytes(changetype<usize>(this.name), changetype<usize>(other.name), length);
  }

  get isVerdict(): bool { return this.kind >= LIMITER && this.kind <= BREAKER; }

  get isOfResponse(): bool { return this.kind >= RESPONSE_STATUS; }

  /** Whether it is known without a look at the headers of the message at hand. */
  needsNoHeaders(isInRequest: bool): bool {
    return this.kind <= BREAKER && (!isInRequest || this.kind >= REQUEST_PROTOCOL);
  }

  /** Reads a fact of the request, as it arrived, into `fact` and `factLength`; false when there is none. */
  read(): bool {
    switch (this.kind) {
      case REQUEST_HEADER: return readValue(ON_HEADER, this.name);
      case REQUEST_COOKIE: return readValue(ON_COOKIE, this.name);
      case REQUEST_QUERY_PARAMETER: return readValue(ON_QUERY, this.name);
      case REQUEST_PATH: return readValue(ON_PATH, this.name);
      case REQUEST_QUERY: return readQueryString();
      case REQUEST_METHOD: return readValue(ON_METHOD, this.name);
      case REQUEST_HOST: return readValue(ON_HOST, this.name);
      case REQUEST_AUTHORITY: return readAuthority();
      case REQUEST_SCHEME: return readScheme();
      case REQUEST_PROTOCOL: return readProtocol();
      case SOURCE_ADDRESS: return readSourceAddress();
      case ROUTE_NAME: return readRouteName();
      case LIMITER: return readVerdict(VERDICT_LIMITER);
      case SCHEDULER: return readVerdict(VERDICT_SCHEDULER);
      case WORKLOAD: return readVerdict(VERDICT_WORKLOAD);
      case BREAKER: return readVerdict(VERDICT_BREAKER);
      default: return false;
    }
  }
}

function readVerdict(verdict: i32): bool {
  showFact(verdictPointer(verdict), verdictLength(verdict));
  return factLength > 0;
}

/** The fact a template names, or null. Header names are compared without case. */
export function factNamed(text: StaticArray<u8>): Fact | null {
  for (let kind = 0; kind < WORDS.length; kind++) {
    const word = bytesOf(WORDS[kind]);
    if (word[word.length - 1] != 46 /* . */) {
      if (isWord(text, WORDS[kind])) return new Fact(kind, NO_NAME);
      continue;
    }
    if (text.length <= word.length || !equalBytes(changetype<usize>(text), changetype<usize>(word), word.length)) continue;
    const name = copyBytes(changetype<usize>(text) + word.length, text.length - word.length);
    const plain = copyBytes(changetype<usize>(name), name.length);
    lowerCase(plain);
    if (!isHeaderName(plain)) return null;
    return new Fact(kind, kind == REQUEST_HEADER || kind == RESPONSE_HEADER ? plain : name);
  }
  return null;
}

const NO_NAME = new StaticArray<u8>(0);
