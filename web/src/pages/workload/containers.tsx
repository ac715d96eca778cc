import type { Container } from '~/api/types'
import { clockTime } from '~/model/format'
import { healthLook, runLook } from '~/model/status'
import { useText } from '~/text'
import { Digest, Sign } from '~/ui/basics'
import { Section } from '~/ui/layout'

/** The containers as they are now, with what their healthchecks said last. */
export function Containers({ containers }: { containers: Container[] }) {
  const t = useText().workload
  return (
    <Section title={t.containers}>
      {containers.length === 0 ? (
        <p className="quiet">{t.noContainers}</p>
      ) : (
        <ul>
          {containers.map((container) => (
            <ContainerItem key={container.id} container={container} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function ContainerItem({ container }: { container: Container }) {
  const t = useText()
  const { probes } = container
  return (
    <li className="border-b line py-2">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1">
        <span className="font-medium">{container.name}</span>
        <Sign look={runLook[container.run]}>{t.run[container.run]}</Sign>
        {container.exit_code != null && container.run === 'exited' && (
          <span className="quiet">{t.workload.exitCode(container.exit_code)}</span>
        )}
        <Sign look={healthLook[container.health]}>{t.health[container.health]}</Sign>
        {container.restart_count > 0 && (
          <span className="text-warning">{t.workload.restarts(container.restart_count)}</span>
        )}
        <Digest digest={container.image_id} />
      </div>
      {probes.length > 0 && (
        <details className="mt-1">
          <summary className="cursor-pointer rounded text-xs quiet">
            {t.workload.lastProbes} ({probes.length})
          </summary>
          <ol className="mt-1 text-xs">
            {probes.map((probe) => (
              <li key={probe.began_at} className="flex gap-3 py-0.5">
                <time className="quiet" dateTime={probe.began_at}>
                  {clockTime(probe.began_at)}
                </time>
                <span className={probe.exit_code === 0 ? 'text-success' : 'text-error'}>
                  {probe.exit_code === 0 ? t.job.probe.good : t.job.probe.bad(probe.exit_code)}
                </span>
                <span className="quiet">{probe.output.trim()}</span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  )
}
