import type { ConfigFault } from './fault.js'

/** For a terminal, one fault a line: `stint.yaml:12:5 roles.x.who: …`; those of the environment have no place. */
export function formatFaults(faults: readonly ConfigFault[], file = 'stint.yaml'): string {
  return faults
    .map(({ path, line, column, message }) => {
      const place = line === undefined ? 'environment' : `${file}:${line}:${column ?? 1}`
      return `${place} ${path === '' ? '' : `${path}: `}${message}`
    })
    .join('\n')
}
