import type { Credentials } from '../grant/mint.js'
import { iso } from '../time.js'

/** What would stand before the exported credentials, or be taken for them, in the SDKs and the AWS CLI. */
const cleared = 'AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CREDENTIAL_FILE AWS_SECURITY_TOKEN'

/** One word to a POSIX shell, whatever is in it: single quotes, with each single quote closed, escaped, reopened. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Lines that put credentials into the environment of the shell that evals them. */
export function exports(grant: string, credentials: Credentials): string {
  const variables = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: iso(credentials.expiresAt),
    STINT_GRANT: grant,
  }
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`)
  return [`unset ${cleared}`, ...lines, ''].join('\n')
}

/** A line that evals to a message on stderr and a false status. What a terminal would obey is taken out. */
export function complaint(message: string): string {
  const visible = message.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
  return `printf '%s\\n' ${quoted(`stint: ${visible}`)} >&2; false\n`
}
