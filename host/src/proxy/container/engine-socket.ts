import { request } from 'node:http';

const states: Record<string, string> = {
  ENOENT: 'does not exist',
  ECONNREFUSED: 'is there, but nobody listens',
  EACCES: 'may not be opened by this user',
  ENOTSOCK: 'is not a socket',
};

/** What is wrong with a container engine's socket, as the end of a sentence. */
export async function describeSocket(path: string): Promise<string> {
  const error = await ping(path);
  if (error === undefined) return 'answers';
  return states[error.code ?? ''] ?? `does not answer (${error.message})`;
}

export async function socketAnswers(path: string): Promise<boolean> {
  return (await ping(path)) === undefined;
}

/** The request every engine answers first. */
function ping(socketPath: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: '/_ping', timeout: 5000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : new Error(`status ${response.statusCode}`));
    });
    sent.on('timeout', () => sent.destroy(new Error('nothing within 5 s')));
    sent.on('error', resolve);
    sent.end();
  });
}
