import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Envoy Gateway writes into its proxies' configuration where its pods have things: the name of its service, and a file
 * in the folder /certs. A process that is started through this script sees both, in a root folder over the machine's that
 * goes with the process; the machine itself is left as it is.
 */
const SCRIPT = `set -eu
space=$1 certificate=$2 name=$3
shift 3
mount -t tmpfs tmpfs "$space"
mkdir "$space/changes" "$space/work" "$space/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$space/changes,workdir=$space/work" "$space/root"
for folder in /proc /sys /dev "\${TMPDIR:-/tmp}"; do mount --rbind "$folder" "$space/root$folder"; done
mkdir -p "$space/root/certs"
cp "$certificate" "$space/root/certs/ca.crt"
echo "127.0.0.1 $name" >> "$space/root/etc/hosts"
exec chroot "$space/root" "$@"
`;

export interface OwnRootOptions {
  /** An empty folder that it may use. */
  folder: string;
  /** What stands in /certs/ca.crt. */
  certificate: string;
  /** What 127.0.0.1 is called. */
  name: string;
}

/** The command that starts a command so. It needs root, as the rest of the bed's set-up does. */
export async function inOwnRoot(command: string[], options: OwnRootOptions): Promise<string[]> {
  const script = join(options.folder, '..', 'own-root.sh');
  await writeFile(script, SCRIPT);
  const scriptArguments = [options.folder, options.certificate, options.name];
  return ['unshare', '--mount', '--propagation', 'private', 'sh', script, ...scriptArguments, ...command];
}
