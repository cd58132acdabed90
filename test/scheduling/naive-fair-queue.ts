/**
 * Weighted fair queueing on two levels as documented in assembly/core/scheduling/fair-order.ts, written down without any
 * thought of speed: one worker, time in milliseconds, one token a millisecond. The oracle of fair-order.test.ts.
 */
export interface NaiveRequest {
  id: number;
  workload: string;
  weight: number;
  /** Flow within the workload, and its weight there. */
  flow: string;
  flowWeight: number;
  tokens: number;
}

interface NaiveFlow {
  weight: number;
  finish: number;
  waiting: NaiveRequest[];
}

interface NaiveWorkload {
  weight: number;
  /** Virtual finish of what was served last. */
  finish: number;
  /** Virtual time among its flows. */
  innerTime: number;
  flows: Map<string, NaiveFlow>;
}

export class NaiveFairQueue {
  private level: number;
  private filledUntil = 0;
  private virtualTime = 0;
  private readonly workloads = new Map<string, NaiveWorkload>();

  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.level = capacity;
  }

  get waiting(): number {
    let count = 0;
    for (const workload of this.workloads.values()) count += waitingOf(workload);
    return count;
  }

  /** Who may go on now, in order, before anybody comes. */
  serve(now: number): number[] {
    this.fill(now);
    const served: number[] = [];
    while (true) {
      const next = this.next();
      if (next === undefined || next.request.tokens > this.level) return served;
      const { workload, flow, request } = next;
      flow.waiting.shift();
      this.level -= request.tokens;
      const cost = request.tokens * 1000;
      this.virtualTime = Math.max(this.virtualTime, workload.finish);
      workload.finish += cost / workload.weight;
      workload.innerTime = Math.max(workload.innerTime, flow.finish);
      flow.finish += cost / flow.weight;
      served.push(request.id);
    }
  }

  /** A request comes; who may go on now that it is here. */
  arrive(now: number, request: NaiveRequest): number[] {
    this.fill(now);
    if (this.waiting === 0 && this.level >= request.tokens) {
      // Nobody competes: the virtual clocks begin anew.
      this.level -= request.tokens;
      this.workloads.clear();
      this.virtualTime = 0;
      return [request.id];
    }
    const workload = this.workloads.get(request.workload) ?? {
      weight: request.weight,
      finish: this.virtualTime,
      innerTime: 0,
      flows: new Map<string, NaiveFlow>(),
    };
    this.workloads.set(request.workload, workload);
    // Who was idle begins now, without a claim to the past.
    if (waitingOf(workload) === 0) workload.finish = Math.max(workload.finish, this.virtualTime);
    const flow = workload.flows.get(request.flow) ?? { weight: 1, finish: 0, waiting: [] };
    workload.flows.set(request.flow, flow);
    flow.weight = request.flowWeight;
    if (flow.waiting.length === 0) flow.finish = Math.max(flow.finish, workload.innerTime);
    flow.waiting.push(request);
    return this.serve(now);
  }

  private fill(now: number): void {
    this.level = Math.min(this.capacity, this.level + (now - this.filledUntil));
    this.filledUntil = now;
  }

  /** The head of all with the smallest virtual finish. */
  private next(): { workload: NaiveWorkload; flow: NaiveFlow; request: NaiveRequest } | undefined {
    let best: { workload: NaiveWorkload; flow: NaiveFlow; request: NaiveRequest; finish: number } | undefined;
    for (const workload of this.workloads.values()) {
      const flow = firstFlow(workload);
      if (flow === undefined) continue;
      const request = flow.waiting[0]!;
      const finish = workload.finish + (request.tokens * 1000) / workload.weight;
      if (best === undefined || finish < best.finish) best = { workload, flow, request, finish };
    }
    return best;
  }
}

/** Of the flows of a workload the one whose head has the smallest virtual finish, of equals the one that came first. */
function firstFlow(workload: NaiveWorkload): NaiveFlow | undefined {
  let best: NaiveFlow | undefined;
  const finishOf = (flow: NaiveFlow) => flow.finish + (flow.waiting[0]!.tokens * 1000) / flow.weight;
  for (const flow of workload.flows.values()) {
    if (flow.waiting.length === 0) continue;
    if (
      best === undefined ||
      finishOf(flow) < finishOf(best) ||
      (finishOf(flow) === finishOf(best) && flow.waiting[0]!.id < best.waiting[0]!.id)
    )
      best = flow;
  }
  return best;
}

function waitingOf(workload: NaiveWorkload): number {
  let count = 0;
  for (const flow of workload.flows.values()) count += flow.waiting.length;
  return count;
}
