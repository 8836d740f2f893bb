import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

/**
 * Import first in a test that touches the network: from then on a connection to anything but this machine
 * throws, and so does asking who anything else is. What a test forgot to fake fails, instead of reaching
 * for an instance's metadata or the real AWS.
 */
const guarded = Symbol.for('stint.loopback-only')

/** Whether a host is this machine for sure: a name would have to be looked up first. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  (net.isIPv4(host) && host.startsWith('127.')) ||
  host === '::1' ||
  /^::ffff:127\.\d+\.\d+\.\d+$/i.test(host)

function refuse(host: string): never {
  throw new Error(`A test tried to reach ${host}, which is not on loopback.`)
}

/** `connect` takes (options), (port, host), (path), or, from within Node, one list of those. */
function hostOf(first: unknown, second: unknown): string {
  if (Array.isArray(first)) return hostOf(first[0], first[1])
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: unknown; path?: unknown }
    return path === undefined || path === null ? String(host ?? 'localhost') : 'localhost'
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return 'localhost'
  return typeof second === 'string' ? second : 'localhost'
}

function guardArguments<F extends (...args: never[]) => unknown>(
  original: F,
  host: (args: readonly unknown[]) => string,
): F {
  return function (this: unknown, ...args: never[]) {
    const name = host(args)
    if (!isLoopback(name)) refuse(name)
    return original.apply(this, args)
  } as F
}

const lookups = [
  'lookup',
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveTxt',
  'resolveSrv',
] as const

if (!(guarded in globalThis)) {
  Object.defineProperty(globalThis, guarded, { value: true })
  net.Socket.prototype.connect = guardArguments(net.Socket.prototype.connect, ([first, second]) =>
    hostOf(first, second),
  )
  for (const module of [dns, dns.promises]) {
    const open = module as Record<(typeof lookups)[number], (...args: never[]) => unknown>
    for (const name of lookups) open[name] = guardArguments(open[name], ([host]) => String(host))
  }
  syncBuiltinESMExports()
}
