import { cleared } from './aws-environment.js'
import { quoted } from './text.js'

export const envFormats = ['sh', 'fish', 'powershell', 'dotenv', 'json', 'ini'] as const
export type EnvFormat = (typeof envFormats)[number]

/**
 * Variables in a shell's words or a file's. Shells clear what would stand before them. Values hold printable ASCII alone
 * (`shape.word`), and role names do not come here.
 */
export function formatVariables(
  format: EnvFormat,
  variables: Readonly<Record<string, string>>,
  profile: string,
): string {
  const all = Object.entries(variables)
  switch (format) {
    case 'sh':
      return lines([
        `unset ${cleared.join(' ')}`,
        ...all.map(([name, value]) => `export ${name}=${quoted(value)}`),
      ])
    case 'fish':
      return lines([
        ...cleared.map((name) => `set -e ${name}`),
        ...all.map(([name, value]) => `set -gx ${name} ${fish(value)}`),
      ])
    case 'powershell':
      return lines([
        ...cleared.map((name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`),
        ...all.map(([name, value]) => `$Env:${name} = '${value.replaceAll("'", "''")}'`),
      ])
    case 'dotenv':
      return lines(all.map(([name, value]) => `${name}=${quoted(value)}`))
    case 'json':
      return `${JSON.stringify(variables, null, 2)}\n`
    case 'ini':
      return lines([
        `[${profile}]`,
        `aws_access_key_id = ${variables['AWS_ACCESS_KEY_ID']}`,
        `aws_secret_access_key = ${variables['AWS_SECRET_ACCESS_KEY']}`,
        `aws_session_token = ${variables['AWS_SESSION_TOKEN']}`,
      ])
  }
}

/** What a shell gets that evaluates the output of a command which failed: its own failure. */
export const formatFailure = (format: EnvFormat): string =>
  ({
    sh: 'false\n',
    fish: 'false\n',
    powershell: "throw 'stint: no credentials'\n",
    dotenv: '',
    json: '',
    ini: '',
  })[format]

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`

/** In fish's single quotes a backslash and a single quote are escaped. */
const fish = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
