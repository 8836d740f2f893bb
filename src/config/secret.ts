import { readFileSync } from 'node:fs'
import type { Environment } from './environment.js'
import type { ConfigFault } from './fault.js'

/**
 * A secret of the environment: in the variable itself, or in the file that the one with `_FILE` behind it names.
 * Undefined where neither is set; `path` is the variable that it came from, for whoever finds it wrong.
 */
export function readSecret(
  env: Environment,
  name: string,
  note: (fault: ConfigFault) => void,
): { readonly path: string; readonly text: string } | undefined {
  const [inline, file] = [env[name], env[`${name}_FILE`]]
  const path = inline === undefined ? `${name}_FILE` : name
  if (inline !== undefined && file !== undefined)
    note({ path: `${name}_FILE`, message: `is set beside ${name}: set one of them` })
  if (inline !== undefined) return { path, text: inline }
  if (file === undefined) return undefined
  try {
    return { path, text: readFileSync(file, 'utf8') }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    note({ path, message: `names a file that cannot be read (${code ?? message})` })
    return undefined
  }
}

/** Several secrets in one, with blanks or commas between them. */
export const severalIn = (text: string): readonly string[] => text.split(/[\s,]+/).filter((one) => one !== '')
