import { quote } from './describe-value.ts';
import { didYouMean } from './did-you-mean.ts';
import { isToken } from './fields/http.ts';

/** Where a template stands, which decides what it may speak of. */
export type TemplatePlace =
  | 'beforeMatching'
  | 'request'
  | 'response'
  | 'requestTrailers'
  | 'responseTrailers';

/** Facts that are one; and those of a name, which stands behind the last dot. As assembly/filters/header-mutation/fact.ts. */
const REQUEST_FACTS = [
  'request.path',
  'request.query',
  'request.method',
  'request.host',
  'request.authority',
  'request.scheme',
  'request.protocol',
  'source.address',
  'route.name',
];
const NAMED_REQUEST_FACTS = ['request.header.', 'request.cookie.', 'request.query.'];
/** What the policies decided. */
const VERDICTS = ['limiter', 'scheduler', 'workload', 'breaker'];
const RESPONSE_STATUS = 'response.status';
const RESPONSE_HEADER = 'response.header.';
const NAMED_FACTS = [...NAMED_REQUEST_FACTS, RESPONSE_HEADER];
const FACTS = [...REQUEST_FACTS, ...VERDICTS, RESPONSE_STATUS];

/** Longest piece of a fact that can be asked for. */
const MAX_BYTES = 16_384;

/** What is wrong with a template, each a whole statement. `{{` and `}}` are braces that are meant. */
export function templateProblems(text: string, place: TemplatePlace): string[] {
  const problems: string[] = [];
  const parts = /\{\{|\}\}|\{([^}]*)(\}?)|\}/g;
  for (const [part, content, close] of text.matchAll(parts)) {
    if (part === '}') problems.push('expected `}}` for a brace that is meant, got a `}` that closes nothing');
    if (content === undefined) continue;
    if (close === '') problems.push(unclosed(part));
    else problems.push(...factProblems(content, place));
  }
  return problems;
}

function unclosed(part: string): string {
  return `expected a fact that ends with \`}\`, got ${quote(part)}; a brace that is meant is written \`{{\``;
}

function factProblems(content: string, place: TemplatePlace): string[] {
  const [facts = '', cut] = splitOnce(content, ':');
  const problems = facts.split('?').flatMap((fact) => factProblem(fact, place) ?? []);
  if (problems.length > 0) return problems;
  if (cut !== undefined && !(/^\d{1,5}$/.test(cut) && Number(cut) >= 1 && Number(cut) <= MAX_BYTES)) {
    problems.push(`expected a number of bytes from 1 to ${MAX_BYTES} behind \`:\`, got ${quote(cut)}`);
  }
  return problems;
}

function factProblem(fact: string, place: TemplatePlace): string | undefined {
  const named = NAMED_FACTS.find((prefix) => fact.startsWith(prefix));
  if (!FACTS.includes(fact) && (named === undefined || !isToken(fact.slice(named.length)))) {
    return unknownFact(fact, place);
  }
  if (place === 'beforeMatching' && VERDICTS.includes(fact)) {
    return `expected a fact that is known before matching, got {${fact}}: it is decided later`;
  }
  const isInResponse = place === 'response' || (place === 'responseTrailers' && fact === RESPONSE_STATUS);
  if ((fact === RESPONSE_STATUS || named === RESPONSE_HEADER) && !isInResponse) {
    return `expected a fact that is known here, got {${fact}}: ${
      place === 'responseTrailers' ? 'the headers of the response have gone by' : 'there is no response yet'
    }`;
  }
  return undefined;
}

function unknownFact(fact: string, place: TemplatePlace): string {
  const isResponse = place === 'response';
  const known = [
    ...REQUEST_FACTS,
    ...(place === 'beforeMatching' ? [] : VERDICTS),
    ...(isResponse || place === 'responseTrailers' ? [RESPONSE_STATUS] : []),
    ...[...NAMED_REQUEST_FACTS, ...(isResponse ? [RESPONSE_HEADER] : [])].map((prefix) => `${prefix}NAME`),
  ];
  const hint = didYouMean(fact, FACTS) || namedHint(fact) || '; a brace that is meant is written `{{`';
  return `expected one of the facts ${known.join(', ')}, got {${fact}}${hint}`;
}

/** `request.headers.x-a` is near `request.header.x-a`; so is `header.x-a`. */
function namedHint(fact: string): string {
  const dot = fact.lastIndexOf('.');
  if (dot < 0) return '';
  const [beginning, name] = [fact.slice(0, dot), fact.slice(dot + 1)];
  const hint = didYouMean(
    beginning,
    NAMED_FACTS.map((prefix) => prefix.slice(0, -1)),
  );
  return isToken(name) ? hint.replace(/`\?$/, `.${name}\`?`) : hint;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
