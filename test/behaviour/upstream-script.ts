/**
 * What the upstream does with a request once it has all of it, in words: answers `ok` or with a status, is so many ms
 * `slow`, sends a gRPC status in trailers or `alone` in headers, and before any response resets the stream or closes
 * the connection with all that is on it.
 */
export type UpstreamScript =
  | 'ok'
  | `status ${number}`
  | `slow ${number}`
  | `grpc ${number}`
  | `grpc ${number} alone`
  | 'reset'
  | 'disconnect';

export interface ScriptedResponse {
  afterMillis: number;
  status: number;
  headers: Record<string, string>;
  body: string;
  trailers?: Record<string, string>;
}

const plain: ScriptedResponse = {
  afterMillis: 0,
  status: 200,
  headers: {},
  body: 'answer',
};

/** What the words come to. */
export function readScript(script: UpstreamScript): ScriptedResponse | 'reset' | 'disconnect' {
  if (script === 'reset' || script === 'disconnect') return script;
  const [word, number, alone] = script.split(' ');
  switch (word) {
    case 'status':
      return { ...plain, status: Number(number) };
    case 'slow':
      return { ...plain, afterMillis: Number(number) };
    case 'grpc':
      return grpcResponse({ 'grpc-status': number! }, alone !== undefined);
    default:
      return plain;
  }
}

function grpcResponse(status: Record<string, string>, alone: boolean): ScriptedResponse {
  const headers = { 'content-type': 'application/grpc' };
  return alone
    ? { ...plain, headers: { ...headers, ...status }, body: '' }
    : { ...plain, headers, trailers: status };
}
