/**
 * Queues that all VMs of one `vm_id` share. Registering again keeps the data and the token, and takes over the
 * notifications: only the last registrant is woken. Source: proxy-wasm-cpp-host `src/shared_queue.cc`.
 */
export interface SharedQueues {
  /** Returns the token, 1 or more. */
  register(name: string, registrant: Registrant): number;
  /** Returns the token, or 0 when there is no queue of that name. */
  resolve(name: string): number;
  get(token: number): SharedQueue | undefined;
}

/** Who is told that something was put in: whatever VM that thread has at the time, and a root context in it. */
export interface Registrant {
  thread: number;
  rootContextId: number;
}

export interface SharedQueue {
  registrant: Registrant;
  items: Uint8Array[];
}

export function createSharedQueues(): SharedQueues {
  const tokens = new Map<string, number>();
  const queues = new Map<number, SharedQueue>();
  return {
    register: (name, registrant) => {
      const token = tokens.get(name) ?? tokens.size + 1;
      tokens.set(name, token);
      const queue = queues.get(token);
      if (queue) queue.registrant = registrant;
      else queues.set(token, { registrant, items: [] });
      return token;
    },
    resolve: (name) => tokens.get(name) ?? 0,
    get: (token) => queues.get(token),
  };
}
