import { createHash } from 'node:crypto'
import type { Catalog } from '../catalog/catalog.js'
import { Fault } from '../fault.js'
import { compileCatalog, type Compiled } from './compile.js'
import { wire, type Environment, type Wiring } from './environment.js'
import { pathText, type ConfigFault, type Report } from './fault.js'
import type { ConfigFile } from './file.js'
import { deepFreeze } from './freeze.js'
import { readLeavers, type Leavers } from './leavers.js'
import { lintCeilings, type CeilingFinding } from './lint.js'
import { checkSchema } from './schema.js'
import { parseYaml } from './yaml.js'

/** Everything that one process runs with. Frozen through and through. */
export interface Config extends Compiled, Wiring {
  /** Absent: no directory tells of leavers by itself. */
  readonly leavers?: Leavers
  /** SHA-256 of the file's bytes, hex. */
  readonly hash: string
  /** What the lint finds in ceilings. */
  readonly findings: readonly CeilingFinding[]
}

export interface Sources {
  /** Text of `stint.yaml`, UTF-8. */
  readonly file: string
  readonly env: Environment
}

/** More than anyone mends in one go; finding the place of each costs time. */
const mostFaults = 100

/**
 * Reads, checks and compiles the configuration. Throws the fault `invalid_config` whose member `faults`
 * (`ConfigFault[]`) lists what is wrong, in the order of the file: all of it, or the first hundred faults that were
 * found and how many more there are. What the lint calls an error is such a fault, unless an exception was ever
 * made for it: that one has ended must not stop a broker, so this says the same on any day.
 */
export function loadConfig(sources: Sources): Config {
  const config = readConfig(sources)
  const faults = config.findings
    .filter(({ level, exception }) => level === 'error' && !exception)
    .map(({ path, line, column, detail, code }) => ({
      path: pathText(path),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
      message: `${detail} Or accept it under exceptions (rule: ${code}).`,
    }))
  if (faults.length > 0) throw invalid(faults.slice(0, mostFaults), Math.max(0, faults.length - mostFaults))
  return config
}

/** The same, whatever the lint finds: for who wants to see just that. */
export function readConfig({ file, env }: Sources): Config {
  const { place, made } = compiled(file, (sound, report, add) => {
    const rules = compileCatalog(sound, hashOf(file), report)
    const leavers = readLeavers(sound.leavers, rules.issuers, env, report, add)
    return { ...rules, ...wire(sound, env, report, add), ...(leavers && { leavers }) }
  })
  return deepFreeze({
    ...made,
    hash: hashOf(file),
    findings: lintCeilings(made.catalog, made.exceptions, place),
  })
}

/** The rules alone: for who has the file, and not the secrets of the broker that runs with it. Throws as `loadConfig` does. */
export const readCatalog = (file: string): Catalog =>
  deepFreeze(compiled(file, (sound, report) => compileCatalog(sound, hashOf(file), report)).made.catalog)

const hashOf = (file: string): string => createHash('sha256').update(file, 'utf8').digest('hex')

/** Parses a file and makes something of it, or throws every fault that was reported on the way. */
function compiled<T>(
  file: string,
  make: (sound: ConfigFile, report: Report, add: (fault: ConfigFault) => void) => T,
) {
  const source = parseYaml(file)
  const faults: ConfigFault[] = [...source.faults]
  let more = 0
  const report: Report = (path, message, at) => {
    if (faults.length < mostFaults) faults.push({ path: pathText(path), ...source.place(path, at), message })
    else more++
  }
  const sound: ConfigFile =
    source.value === undefined ? {} : ((checkSchema(source.value, report) ?? {}) as ConfigFile)
  const made = make(sound, report, (fault) => faults.push(fault))
  if (faults.length > 0) throw invalid(faults, more)
  return { place: source.place, made }
}

function invalid(faults: readonly ConfigFault[], more: number): Fault {
  const inOrder = faults.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
  const { line = 1, column = 1 } = inOrder.at(-1) ?? {}
  const rest = more > 0 ? [{ path: '', line, column, message: `and ${more} more` }] : []
  const count = faults.length === 1 ? 'a fault' : `${faults.length + more} faults`
  return new Fault('invalid_config', `The configuration has ${count}; nothing of it is in use.`, {
    members: { faults: [...inOrder, ...rest] },
  })
}
