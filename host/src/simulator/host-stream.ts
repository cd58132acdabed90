import { Result, StreamType } from './abi.ts';
import type { HostFunctionTable } from './host-functions.ts';
import { activeContext, type VirtualMachine } from './vm.ts';

/** Continuing, answering and closing streams: noted now, done when the callback has returned. */
export function createStreamFunctions(vm: VirtualMachine): HostFunctionTable {
  return {
    proxy_continue_stream: (type: number) => {
      if (type >>> 0 > StreamType.upstream) return Result.badArgument;
      if (type === StreamType.upstream) return Result.unimplemented;
      const context = activeContext(vm);
      if (context.kind !== 'stream' || type === StreamType.downstream) return Result.ok;
      const { control } = context;
      vm.afterCallActions.push(() =>
        type === StreamType.request ? control.continueRequest() : control.continueResponse(),
      );
      // The maps go at once, not when the stream goes on: edits must come before.
      context.requestHeaders = undefined;
      context.requestBody = undefined;
      context.requestTrailers = undefined;
      return Result.ok;
    },
    proxy_close_stream: (type: number) => {
      if (type >>> 0 > StreamType.upstream) return Result.badArgument;
      const context = activeContext(vm);
      if (context.kind !== 'stream' || type > StreamType.response) return Result.ok;
      const { control } = context;
      vm.afterCallActions.push(() => control.reset());
      return Result.ok;
    },
    proxy_send_local_response: (
      status: number,
      detailsPointer: number,
      detailsSize: number,
      bodyPointer: number,
      bodySize: number,
      pairsPointer: number,
      pairsSize: number,
      grpcStatus: number,
    ) => {
      const details = vm.memory.readText(detailsPointer >>> 0, detailsSize >>> 0);
      const body = vm.memory.readText(bodyPointer >>> 0, bodySize >>> 0);
      const headers = vm.memory.readPairs(pairsPointer >>> 0, pairsSize >>> 0);
      if (details === undefined || body === undefined || headers === undefined)
        return Result.invalidMemoryAccess;
      const context = activeContext(vm);
      if (context.kind === 'stream') {
        const { control } = context;
        const reply = { status, details: details.replaceAll(/\s/g, '_'), body, headers, grpcStatus };
        vm.afterCallActions.push(() => control.reply(reply));
      }
      vm.stopIteration = true;
      return Result.ok;
    },
  };
}
