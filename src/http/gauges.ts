import { Gauge } from 'prom-client'
import type { Standing } from '../grant/store.js'
import type { Clock } from '../time.js'
import { version } from '../version.js'
import type { Metrics } from './metrics.js'
import type { Tokens } from './tokens.js'
import type { Waits } from './waits.js'

interface Seen {
  readonly metrics: Pick<Metrics, 'registry'>
  readonly clock: Clock
  readonly waits: Pick<Waits, 'size'>
  readonly tokens: Pick<Tokens, 'keyStates'>
  readonly loaded: () => string
  readonly standing: () => Standing | undefined
}

/** Adds to the metrics what is looked up when they are read. Issuers and the configuration are the operator's names. */
export function registerGauges({ metrics, clock, waits, tokens, loaded, standing }: Seen): void {
  const registers = [metrics.registry]
  new Gauge({
    name: 'stint_long_polls',
    help: 'Long polls held.',
    registers,
    collect() {
      this.set(waits.size())
    },
  })
  new Gauge({
    name: 'stint_issuer_keys',
    help: 'Signing keys of an issuer that may be used now.',
    labelNames: ['issuer'],
    registers,
    collect() {
      for (const { issuer, ready, keys } of tokens.keyStates()) this.set({ issuer }, ready ? keys : 0)
    },
  })
  new Gauge({
    name: 'stint_issuer_keys_age_seconds',
    help: 'Time since an issuer last gave its keys; absent until it does.',
    labelNames: ['issuer'],
    registers,
    collect() {
      for (const { issuer, fetchedAt } of tokens.keyStates())
        if (fetchedAt !== undefined) this.set({ issuer }, Math.max(0, clock() - fetchedAt) / 1_000)
    },
  })
  new Gauge({
    name: 'stint_config_info',
    help: 'The configuration that was loaded last, and the version of Stint that loaded it; always 1.',
    labelNames: ['config', 'version'],
    registers,
    collect() {
      // The one before is gone, or each reload would leave a series behind.
      this.reset()
      this.set({ config: loaded(), version }, 1)
    },
  })
  new Gauge({
    name: 'stint_config_agreed',
    help: 'Whether every replica has loaded the configuration that is in force (1) or not (0).',
    registers,
    collect() {
      const rules = standing()
      this.set(rules?.loaded.some((hash) => hash !== rules.inForce) ? 0 : 1)
    },
  })
}
