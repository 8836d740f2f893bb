import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './finding.js'
import type { World } from './world.js'

type Place = Pick<World, 'env' | 'home'>

/** What of the AWS CLI, its files and its variables would keep Stint's credentials from being used. */
export async function findAwsTrouble(world: Place): Promise<readonly Finding[]> {
  return [await versionOf(world), ...keysInTheWay(world), profiles(world)]
}

function versionOf({ env }: Place): Promise<Finding> {
  return new Promise((resolve) => {
    execFile('aws', ['--version'], { env, timeout: 15_000 }, (error, out, err) => {
      const [, version, major] = /aws-cli\/(([0-9]+)\.[\w.]+)/.exec(`${out}${err}`) ?? []
      if (version === undefined)
        resolve({
          check: 'aws',
          level: 'warning',
          detail: `There is no AWS CLI here${error && 'code' in error && error.code !== 'ENOENT' ? ' that runs' : ''}.`,
          mend: 'Install version 2, if you want one; stint exec works with every SDK.',
        })
      else if (Number(major) < 2)
        resolve({
          check: 'aws',
          level: 'warning',
          detail: `The AWS CLI is ${version}, which AWS ends.`,
          mend: 'Install version 2.',
        })
      else resolve({ check: 'aws', level: 'ok', detail: `The AWS CLI is ${version}.` })
    })
  })
}

/** Long-lived keys: they stand over the profiles that Stint fills, and are what Stint is there to do away with. */
function keysInTheWay(place: Place): readonly Finding[] {
  const found: Finding[] = []
  if (place.env['AWS_ACCESS_KEY_ID']?.startsWith('AKIA'))
    found.push({
      check: 'keys',
      level: 'warning',
      detail: 'AWS_ACCESS_KEY_ID is a long-lived key, and stands over every profile.',
      mend: 'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY, and look where they are set.',
    })
  const file = place.env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(place.home, '.aws', 'credentials')
  const held = sections(file).filter(({ lines }) =>
    lines.some((line) => /^aws_access_key_id\s*=\s*AKIA/.test(line)),
  )
  if (held.length > 0)
    found.push({
      check: 'keys',
      level: 'warning',
      detail: `${file} has long-lived keys: ${held.map(({ name }) => name).join(', ')}.`,
      mend: 'Delete them there, and in IAM, once nothing needs them.',
    })
  return found.length > 0 ? found : [{ check: 'keys', level: 'ok', detail: 'There are no long-lived keys.' }]
}

/** Whether the profiles that call `stint credential-process` call a program that is there. */
function profiles({ env, home }: Place): Finding {
  const file = env['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config')
  const ours = sections(file).flatMap(({ name, lines }) =>
    lines.flatMap((line) => {
      const [, command] = /^credential_process\s*=\s*(.*\bcredential-process\b.*)$/.exec(line) ?? []
      return command === undefined ? [] : [{ name: name.replace(/^profile\s+/, ''), command }]
    }),
  )
  if (ours.length === 0)
    return {
      check: 'profiles',
      level: 'ok',
      detail: 'No profile gets its credentials from stint (stint config profile makes one).',
    }
  const missing = ours.find(({ command }) => !programsOf(command).every((path) => existsSync(path)))
  return missing
    ? {
        check: 'profiles',
        level: 'failed',
        code: 'invalid_config',
        detail: `The profile ${missing.name} calls a program that is not there: ${missing.command}.`,
        mend: 'stint config profile makes it anew.',
      }
    : { check: 'profiles', level: 'ok', detail: `From stint: ${ours.map(({ name }) => name).join(', ')}.` }
}

/** The absolute paths at the front of a command: node and stint, or stint alone. */
const programsOf = (command: string): readonly string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, inQuotes, bare]) => inQuotes ?? bare ?? '')
    .slice(0, 2)
    .filter((word) => word.startsWith('/'))

/** The sections of one of the AWS CLI's files; none where it cannot be read. */
function sections(path: string): readonly { readonly name: string; readonly lines: readonly string[] }[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text
    .split(/^\s*\[/m)
    .slice(1)
    .map((section) => {
      const [name = '', ...lines] = section.split(/\r?\n/)
      return { name: name.replace(/\].*$/, '').trim(), lines: lines.map((line) => line.trim()) }
    })
}
