import { type Command, Option } from 'commander';
import { collectUpstream, parseAddress, parseLocality } from './run-options.ts';

interface ServingWords {
  /** What port 0 means, where it means something. */
  freePort: string;
  /** Where requests go when nothing is said. */
  defaultUpstream: string;
}

/** Where one Envoy listens, and where it sends requests: the same for `run` and `compile`. */
export function addServingOptions(command: Command, { freePort, defaultUpstream }: ServingWords): Command {
  return command
    .addOption(
      new Option('--listen <address>', `where clients connect${freePort}`)
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 10_000 }, '127.0.0.1:10000'),
    )
    .option(
      '--listen-local <address>',
      'a second listener, for traffic from inside the cluster',
      parseAddress,
    )
    .addOption(
      new Option('--admin <address>', `Envoy's admin interface${freePort}`)
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: 9901 }, '127.0.0.1:9901'),
    )
    .addOption(
      new Option(
        '--upstream <[host=]address...>',
        'where requests go, for one host (HOST, or HOST/SUBSET of a DestinationRule) or for all others; h2c://ADDR:PORT for gRPC; several for one share its requests',
      )
        .argParser(collectUpstream)
        .default({ byHost: new Map() }, defaultUpstream),
    )
    .option(
      '--locality <region/zone/subzone>',
      'where Envoy runs, for policies that prefer near servers',
      parseLocality,
    );
}
