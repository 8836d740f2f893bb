import type { ConfigFault } from '../../config/fault.js'
import { loadConfig } from '../../config/load.js'
import { formatFaults } from '../../config/render.js'
import { Fault, faults } from '../../fault.js'
import type { Answer } from '../answer.js'

/**
 * `stint config check`: says everything that is wrong with a configuration, or what it comes to. `name`
 * is how the file is called in the faults.
 */
export function configCheck(
  name: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Answer {
  try {
    const { catalog, issuers } = loadConfig({ file, env })
    const { roles, approvals, deny, hash } = catalog
    const counts = [
      count(issuers.length, 'issuer'),
      count(roles.size, 'role'),
      count(approvals.length, 'approval rule'),
      count(deny.length, 'deny entry', 'deny entries'),
    ]
    return { exit: 0, out: `${name} is valid: ${counts.join(', ')}.\nhash ${hash}\n`, err: '' }
  } catch (error) {
    return { exit: faults.invalid_config.exit, out: '', err: `${faultText(name, error)}\n` }
  }
}

const count = (number: number, one: string, more = `${one}s`) => `${number} ${number === 1 ? one : more}`

/** What is wrong, a fault a line; rethrows what is no fault of the configuration. */
export function faultText(name: string, error: unknown): string {
  if (!(error instanceof Fault)) throw error
  const found = error.members['faults'] as readonly ConfigFault[] | undefined
  return found ? `${formatFaults(found, name)}\n${error.detail}` : error.detail
}
