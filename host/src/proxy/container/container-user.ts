import type { ContainerRuntimeClient } from 'testcontainers';

interface EngineInfo {
  SecurityOptions?: string[] | null;
}

/**
 * `UID:GID` for Envoy: this user, so that it may read and write what this user may. To an engine without root, this user is
 * 0 in every container.
 */
export async function containerUser(runtime: ContainerRuntimeClient): Promise<string> {
  const { SecurityOptions } = await engineInfo(runtime);
  if (SecurityOptions?.includes('name=rootless') || process.getuid === undefined) return '0:0';
  return `${process.getuid()}:${process.getgid!()}`;
}

/** The library asks this too, but keeps little of the answer. */
function engineInfo({ container }: ContainerRuntimeClient): Promise<EngineInfo> {
  // Any container has the connection; this one need not exist.
  const { modem } = container.getById('any');
  return new Promise((resolve, reject) => {
    modem.dial(
      { path: '/info', method: 'GET', statusCodes: { 200: true, 500: 'server error' } },
      (error: Error | null, info: EngineInfo) => (error === null ? resolve(info) : reject(error)),
    );
  });
}
