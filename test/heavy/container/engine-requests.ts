import { type IncomingMessage, request } from 'node:http';

/** Asks the container engine that DOCKER_HOST names, without the library under test. */
export async function askEngine(method: string, path: string, body?: Buffer): Promise<string> {
  const socketPath = /^unix:\/\/(.*)$/.exec(process.env.DOCKER_HOST ?? '')?.[1];
  if (socketPath === undefined) {
    throw new Error(`Expected DOCKER_HOST to be unix:///PATH, got ${process.env.DOCKER_HOST}`);
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
  let text = '';
  for await (const chunk of response) text += chunk;
  if (response.statusCode! >= 400) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
  return text;
}

/** Names of all containers that Sluice made, those that have ended included. */
export async function sluiceContainers(): Promise<string[]> {
  const all = JSON.parse(await askEngine('GET', '/containers/json?all=true')) as { Names: string[] }[];
  return all
    .flatMap(({ Names }) => Names)
    .map((name) => name.replace(/^\//, ''))
    .filter((name) => name.startsWith('sluice-'));
}
