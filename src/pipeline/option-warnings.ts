import { faultAt } from '../manifest/written.ts'
import { unknownProviders } from '../model/provider-options.ts'
import type { PlannedImage } from '../plan/plan.ts'
import { formatProblem } from '../shared/errors.ts'
import type { Logger } from '../shared/logger.ts'

/**
 * Logs each name in the place of a provider in `providerOptions` that is no provider, once, although a dev server plans
 * repeatedly: the AI SDK ignores what is below it.
 *
 * @returns a function to call with the images after each plan.
 */
export function warnOfProviderNames(logger: Logger): (images: readonly PlannedImage[]) => void {
  const logged = new Set<string>()
  return (images) => {
    for (const { entry, made } of images) {
      if (made === undefined) continue
      const { provider } = made.model.model
      for (const { name, suggestion } of unknownProviders(made.subject.providerOptions, provider)) {
        const warning = formatProblem({
          ...faultAt(
            entry,
            ['providerOptions', name],
            'key',
            `\`providerOptions.${name}\`: there is no provider \`${name}\`, so ${made.model.name} ignores it.`,
          ),
          ...(suggestion === undefined ? {} : { hint: `Did you mean \`${suggestion}\`?` }),
        })
        if (!logged.has(warning)) logger.warn(warning)
        logged.add(warning)
      }
    }
  }
}
