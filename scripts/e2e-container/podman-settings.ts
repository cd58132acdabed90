import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings, images and containers in one folder, beside those of the machine; gives what makes Podman use them. */
export async function writePodmanSettings(folder: string): Promise<NodeJS.ProcessEnv> {
  const containers = join(folder, 'containers.conf');
  const storage = join(folder, 'storage.conf');
  await writeFile(
    containers,
    `[containers]
# Podman would raise these, which not every sandbox allows.
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
netns = "host"
[engine]
# Without systemd.
cgroup_manager = "cgroupfs"
events_logger = "file"
# crun wants more of the kernel than a sandbox has.
runtime = "runc"
# Locks and state of its own.
lock_type = "file"
tmp_dir = "${join(folder, 'state')}"
`,
  );
  await writeFile(
    storage,
    `[storage]
# Copies of files, no mounts: they work on every file system, and leave none behind.
driver = "vfs"
graphroot = "${join(folder, 'storage')}"
runroot = "${join(folder, 'run')}"
`,
  );
  return { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage };
}
