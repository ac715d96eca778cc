import type { ReactNode } from 'react'
import { useText } from '~/text'
import { Dialog } from '~/ui/dialog'
import { PAGES } from './pages'

export function KeysHelp({ onClose }: { onClose: () => void }) {
  const t = useText()
  return (
    <Dialog title={t.keys.title} onClose={onClose}>
      <dl className="grid grid-cols-[1fr_auto] items-center gap-y-2">
        <Line what={t.keys.palette} keys={['Ctrl', 'K']} />
        <Line what={t.keys.search} keys={['/']} />
        <Line what={t.keys.help} keys={['?']} />
        {PAGES.map(({ name, key }) => (
          <Line key={name} what={`${t.keys.go} ${t.nav[name]}`} keys={['g', key]} between={t.keys.then} />
        ))}
      </dl>
    </Dialog>
  )
}

function Line({ what, keys, between }: { what: string; keys: string[]; between?: ReactNode }) {
  return (
    <>
      <dt>{what}</dt>
      <dd className="flex items-center justify-end gap-1 text-xs quiet">
        {keys.map((key, index) => (
          <span key={key} className="contents">
            {index > 0 && between}
            <kbd className="kbd kbd-sm text-base-content">{key}</kbd>
          </span>
        ))}
      </dd>
    </>
  )
}
