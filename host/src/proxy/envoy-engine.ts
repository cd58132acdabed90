import type { EnvoyLog } from './envoy-log.ts';

/** What Envoy runs on: processes of this machine, or a container engine. */
export interface EnvoyEngine {
  /** Version of the Envoy it starts, `1.40.0`, where that is known before it runs. */
  readonly version: string | undefined;
  start(launch: EnvoyLaunch): Promise<RunningEnvoy>;
}

/** What one Envoy needs. Every path is absolute, and the same for Envoy as for us. */
export interface EnvoyLaunch {
  /** The words after the program. */
  envoyArguments: string[];
  /** A folder for this Envoy alone, which it reads, watches and writes to. */
  folder: string;
  /** Where its log goes, in that folder. */
  logPath: string;
  modulePath: string;
  /** Absent: no access log. */
  accessLog?: string | undefined;
}

/** An Envoy that was started. What it is doing is asked through its admin. */
export interface RunningEnvoy {
  /** Where a person finds it: `/usr/bin/envoy, process 12`. */
  readonly place: string;
  /** Absent in a container, whose processes have numbers of their own. */
  readonly processId: number | undefined;
  readonly log: EnvoyLog;
  readonly exited: Promise<EnvoyExit>;
  /** Set once it has ended. */
  readonly exit: EnvoyExit | undefined;
  /** What it means that nobody answers where its admin is bound. Absent where that cannot be. */
  readonly whenUnreachable?: string;
  /** Asks it to end at once, whatever its requests do. */
  terminate(): void;
  /** Ends it, by force when it has not ended in time, and leaves nothing of it behind. */
  end(withinMillis: number): Promise<void>;
}

/** Both are null when nobody can say. */
export interface EnvoyExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}
