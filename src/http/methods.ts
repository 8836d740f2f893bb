import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'

/** Remembers the methods of each path as routes are added; call it before they are. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, readonly string[]> {
  const methods = new Map<string, readonly string[]>()
  app.addHook('onRoute', ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), method].flat())
  })
  return methods
}

/** Where a path has other methods, 405 says which; HEAD and OPTIONS are such methods too. */
export function refuseOtherMethods(
  app: FastifyInstance,
  methods: ReadonlyMap<string, readonly string[]>,
): void {
  for (const [url, taken] of [...methods]) {
    const refusal = async (_request: FastifyRequest, reply: FastifyReply) => {
      reply.header('Allow', taken.join(', '))
      throw new Fault('method_not_allowed', `This path takes ${taken.join(', ')}.`)
    }
    const others = app.supportedMethods.filter((method) => !taken.includes(method))
    app.route({ method: others, url, onRequest: refusal, handler: refusal })
  }
}
