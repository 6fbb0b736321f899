import {
  createPipeline,
  type GenerateReport,
  type Pipeline,
  type Selection,
  type Survey,
} from '../../pipeline.ts'
import { type Command, IMAGES, JSON_OPTION, SHARD_OPTION, shardOf } from '../command.ts'
import { budgetFor, consentOf, isConfirmed, refuseMode } from '../consent.ts'
import { warnOfOverlooked } from '../overlooked.ts'
import { openOptions, soundSurvey } from '../project.ts'
import { type Interrupt, stopOnInterrupt } from '../terminal/interrupt.ts'
import type { Output } from '../terminal/output.ts'
import { createProgress } from '../terminal/progress.ts'
import { planText, priceText } from '../terminal/report.ts'
import { count } from '../../shared/plain-text.ts'

export const generate: Command = {
  operands: IMAGES,
  options: {
    yes: { about: 'do not ask; the budget still limits spending' },
    budget: { value: 'N', about: 'do not ask; generate at most N images' },
    outdated: { about: 'also regenerate outdated images' },
    replace: { value: 'ID', about: 'pay again for an image whose original is lost or unusable' },
    ...SHARD_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'show the plan, ask, then make everything that is missing' },
    { line: "kira 'tile-*' --budget 5", about: 'make the missing ones of these images, at most 5' },
  ],
  async run(given, output) {
    const budget = given.count('budget')
    const shard = shardOf(given)
    const consent = consentOf({ yes: given.flag('yes'), budget }, output.isInteractive)
    const options = await openOptions(output)
    const bounded = { ...options, budget: budgetFor(consent, budget, options) }
    const pipeline = createPipeline(bounded, output.logger, undefined, 'make')
    pipeline.checkFingerprint()
    const survey = await soundSurvey(pipeline)
    warnOfOverlooked(survey, pipeline, output, given.operands)
    const selection = pipeline.select(survey, given.operands, {
      outdated: given.flag('outdated'),
      replace: given.text('replace'),
      shard,
    })
    if (selection.jobs.length > 0) {
      refuseMode(options)
      pipeline.hold(selection.jobs)
      if (consent === 'ask' && !(await isAgreed(selection, output))) {
        output.logger.info('Declined: nothing was spent.')
        return 130
      }
    }
    const interrupt = stopOnInterrupt(output)
    try {
      const report = await make(pipeline, survey, selection, interrupt, output)
      return tell(report, selection, pipeline, given.flag('json'), output)
    } finally {
      // Release only after the report, so that a late second Ctrl-C does not suppress it.
      interrupt.release()
    }
  },
}

async function isAgreed({ images, summary }: Selection, output: Output): Promise<boolean> {
  output.logger.info(planText(images, summary, output.isInteractive, output))
  return isConfirmed(`Make ${count(summary.pictures, 'picture')} for ${priceText(summary.usd)}?`)
}

async function make(
  pipeline: Pipeline,
  survey: Survey,
  { jobs }: Selection,
  interrupt: Interrupt,
  output: Output,
): Promise<GenerateReport> {
  const progress = createProgress(jobs, output)
  try {
    return await pipeline.generate(survey, jobs, {
      signal: interrupt.stop,
      abandon: interrupt.abandon,
      onEvent: (event) => progress.tell(event),
    })
  } finally {
    progress.end()
  }
}

/** States that need a person. */
const LOST: ReadonlySet<string> = new Set(['unusable', 'unavailable', 'blocked'])

/** Prints what was generated, what failed and why, what it cost, and how to continue. */
function tell(
  { generated, failures, remaining }: GenerateReport,
  { images }: Selection,
  pipeline: Pipeline,
  isJson: boolean,
  output: Output,
): number {
  const { requests, pictures, usd } = pipeline.budget.spent()
  const made = new Set(generated)
  const lost = images.filter(({ entry, state }) => LOST.has(state) && !made.has(entry.id))
  for (const { problem, code } of failures) {
    const named = problem.message.includes(code) ? problem.message : `${problem.message} (${code})`
    output.problem({ ...problem, message: named })
  }
  for (const { entry, state, reason } of lost) {
    output.problem({ message: `${entry.id} is ${state}: ${reason}` })
  }
  const failed = [
    ...failures.flatMap(({ ids, code, problem }) =>
      ids.map((id) => ({ id, code, message: output.clean(problem.message) })),
    ),
    ...lost.map(({ entry, state, reason }) => ({ id: entry.id, code: state, message: reason })),
  ]
  const current = images.filter(
    ({ entry, state }) => (state === 'current' || state === 'outdated') && !made.has(entry.id),
  ).length
  if (isJson) {
    output.json({ version: 1, generated, failed, current, requests, pictures, usd })
  } else {
    output.result(
      `${generated.length} made, ${failed.length} failed, ${current} current. Spent: ${count(pictures, 'picture')} in ${count(requests, 'request')}, ${priceText(usd)}.`,
    )
  }
  const open = remaining.reduce((sum, job) => sum + job.ids.length, 0)
  if (open > 0) {
    output.logger.info(
      `${count(open, 'image')} left to make. Run \`imagegen generate\` to continue.`,
    )
    return 130
  }
  if (failed.length === 0) return 0
  output.logger.info('The generated images are in the store. Run `imagegen generate` to continue.')
  return 1
}
