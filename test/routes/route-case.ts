/** One thing that routes do, as data: documents, and what then happens to requests. All cases of a file share one Envoy. */
export interface RouteCase {
  /** A sentence. */
  name: string;
  /** Documents in YAML, with hosts that no other case has. */
  documents: string;
  checks: RouteCheck[];
}

/** One request, or many of one kind. */
export interface RouteCheck {
  /** Completes the sentence of the case where it has several checks. */
  name: string;
  host: string;
  path?: string;
  method?: string;
  headers?: Record<string, string | string[]>;
  /** Default: the listener for clients outside. */
  listener?: 'local';
  /** As a gRPC client would: HTTP/2 and its content type. */
  grpc?: true;
  /** Default 200. */
  status?: number;
  /** The server that answered; null: none did. */
  server?: string | null;
  /** The path as the server received it. */
  receivedPath?: string;
  /** Headers as the server received them, all values; null: it is not there. */
  received?: Record<string, string[] | null>;
  /** Headers of the answer. */
  answered?: Record<string, string | null>;
  body?: string;
  /** Percent of 8,000 requests that each server gets, within 3 points; a server that is not named gets nothing. */
  shares?: Record<string, number>;
  /** Servers that receive a copy. */
  mirrors?: string[];
  /** At least so many milliseconds pass. */
  takes?: number;
}
