import { createHash } from 'node:crypto'
import { Fault } from '../fault.js'
import { compileCatalog, type Compiled } from './compile.js'
import { wire, type Environment, type Wiring } from './environment.js'
import { pathText, type ConfigFault, type Report } from './fault.js'
import type { ConfigFile } from './file.js'
import { deepFreeze } from './freeze.js'
import { checkSchema } from './schema.js'
import { parseYaml } from './yaml.js'

/** Everything that one process runs with. Frozen through and through. */
export interface Config extends Compiled, Wiring {
  /** SHA-256 of the file's bytes, hex. */
  readonly hash: string
}

export interface Sources {
  /** Text of `stint.yaml`, UTF-8. */
  readonly file: string
  readonly env: Environment
}

/**
 * Reads, checks and compiles the configuration. Throws the fault `invalid_config` whose member `faults`
 * (`ConfigFault[]`) lists everything that is wrong, in the order of the file.
 */
export function loadConfig({ file, env }: Sources): Config {
  const source = parseYaml(file)
  const faults: ConfigFault[] = [...source.faults]
  const report: Report = (path, message, at) => {
    faults.push({ path: pathText(path), ...source.place(path, at), message })
  }
  const hash = createHash('sha256').update(file, 'utf8').digest('hex')
  const sound: ConfigFile =
    source.value === undefined ? {} : ((checkSchema(source.value, report) ?? {}) as ConfigFile)
  const compiled = compileCatalog(sound, hash, report)
  const wiring = wire(sound, env, report, (fault) => faults.push(fault))
  if (faults.length > 0) throw invalid(faults)
  return deepFreeze({ ...compiled, ...wiring, hash })
}

function invalid(faults: readonly ConfigFault[]): Fault {
  const inOrder = faults.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
  return new Fault('invalid_config', `The configuration has ${count}; nothing of it is in use.`, {
    members: { faults: inOrder },
  })
}
