// Before the first paint: the theme and the language that were chosen here, so that nothing flashes.
;(() => {
  const root = document.documentElement
  try {
    const theme = localStorage.getItem('dockrev.theme')
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
    const language = localStorage.getItem('dockrev.language') ?? navigator.language
    root.lang = language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
  } catch {
    // Without storage the system's choice holds.
  }
})()
