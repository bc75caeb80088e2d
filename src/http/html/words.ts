/** What our pages say, in each language that they speak. `{name}` is a place for a value. */
const en = {
  language: 'en',
  place: {
    device: 'an app on this device',
    appOfScheme: 'the app on this device that opens {scheme} links',
  },
  signIn: {
    title: 'Sign in',
    reason: 'to go on to {place}',
    username: 'User name',
    password: 'Password',
    remember: 'Keep me signed in on this device',
    submit: 'Sign in',
    cancel: 'Cancel',
    wrong: 'The user name or the password is wrong.',
    wait: 'Too many attempts. Seconds to wait: {seconds}.',
    problemTitle: 'Problem: {title}',
  },
  consent: {
    title: 'Allow access?',
    heading: '{place} asks for access',
    name: 'It calls itself {name}.',
    ownName: 'Its name is {name}.',
    unverified: 'not verified',
    verified: 'verified by the operator',
    new: 'new here',
    warning: 'Anybody can choose that name. Allow access only if you started this yourself and trust {place}.',
    loopbackWarning: 'Any program on this device can be behind it. Allow access only if you started this yourself, just now.',
    user: 'You are signed in as {user}.',
    scopes: 'It will be able to:',
    noScopes: 'It asks for nothing but that you sign in.',
    audience: 'This is for use at:',
    remember: 'Do not ask me again',
    allow: 'Allow',
    deny: 'Deny',
    website: 'Website',
    policy: 'Privacy policy',
    terms: 'Terms of service',
    links: 'It says of itself:',
    firstSeen: 'Known here since {date}.',
    later: 'You can withdraw it later: {page}.',
  },
  grants: {
    title: 'What you allowed',
    device: 'An app on one of your devices',
    appOfScheme: 'The app on one of your devices that opens {scheme} links',
    noScopes: 'Nothing but that you sign in.',
    since: 'Allowed since {date}.',
    withdraw: 'Withdraw',
    none: 'There is nothing here that you allowed.',
    older: 'Older ones',
    withdrawn: '{name} can no longer get access.',
    withdrawnTitle: 'Withdrawn: {title}',
    nothingToWithdraw: 'There was nothing to withdraw any more.',
    outdated: 'This page was out of date, so nothing was withdrawn. Here is what you allowed; try again.',
    nobodyTitle: 'Nobody is signed in here',
    nobody:
      'Sign in by way of an app that you use, and choose “{remember}”. Then open this page again, in this browser, to see and withdraw what you allowed.',
    elsewhereTitle: 'What you allowed is not shown here',
    elsewhere: 'You have done nothing wrong. Whoever runs this server can tell you where you see and withdraw what you allowed.',
  },
  scopes: {
    openid: 'Recognise you, by an identifier that stays the same',
    profile: 'See your name and your user name',
    email: 'See your e-mail address',
    offline: 'Stay signed in: act for you while you are away',
    other: 'Use {scope}',
  },
  signOut: {
    title: 'Sign out?',
    reason: 'You are about to sign out here.',
    reasonOf: '{client} asks to sign you out here.',
    submit: 'Sign out',
    cancel: 'Stay signed in',
    kept: 'You are still signed in',
    done: 'You are signed out',
    close: 'You can close this page.',
  },
  leaving: {
    title: 'Continue to another site?',
    reason: 'The app that you came from asks to send you to {place}.',
    go: 'Continue to {place}',
  },
  gone: {
    title: 'This page has served its turn',
    reason: 'The request was answered already, or it took too long. Go back to the app that sent you here and start again.',
  },
  off: {
    login: 'Signing in is not set up here',
    consent: 'Allowing access is not set up here',
    logout: 'Signing out is not set up here',
    reason: 'You have done nothing wrong. Whoever runs this server has to say which page to show.',
    operator: 'For the operator',
    keys: 'Write the address of your own page under {key} in the configuration.',
    dev: 'On a developer’s machine, {dev} and {users} bring pages that work, as long as {key} is not set.',
  },
  error: {
    title: 'Something went wrong',
    refused: 'This request cannot be answered',
    told: 'This is what was said about it:',
    untold: 'Nothing more was said about it.',
    again: 'Go back to the app that sent you here and try again.',
  },
  fault: {
    title: 'The app that sent you here is not set up correctly',
    clientMissing: 'It did not say who it is: the parameter {parameter} is missing.',
    clientUnknown: 'It is not registered here, or no longer:',
    redirectMissing: 'It did not say where to send you back: the parameter {parameter} is missing.',
    handleUnknown: 'This login is not known here, or no longer. Go back to the app and begin again.',
    responseModeUnknown: 'It wants its answer in a way that is not known here:',
    doubled: 'It sent the parameter {parameter} more than once.',
    redirectUnknown: 'It wants to send you back to an address that it has not registered:',
    makers: 'Its makers can mend that: {parameter} must be one of the registered addresses, character for character.',
    nothing: 'You have not been signed in to anything. You can close this page.',
    resetTitle: 'How to mend it',
    reset: 'The app remembers an old registration. Make it forget that one, and connect again: it then registers anew.',
    otherApps: 'Any other app',
    otherAppsReset: 'Remove the connection in the app and add it again.',
    apps: {
      claude: 'Settings, Connectors: remove the connector, then add it again.',
      claudeCode:
        'Type {command}, choose the server and “Clear authentication”, then authenticate again. If that is not enough: {remove}, and add it again.',
      cursor:
        'Open the command palette, run {command}, then connect again. If that is not enough, remove the server in Settings, MCP, and add it again.',
      vsCode: 'Open the command palette, run {command}, choose this server, then start it again.',
      chatGpt: 'Settings, Connectors (or Apps): disconnect and delete the connector, then create it again.',
      mcpRemote: 'End it, delete its folder ({command}), and start it again.',
    },
  },
}

export type Words = typeof en

const de: Words = {
  language: 'de',
  place: {
    device: 'eine App auf diesem Gerät',
    appOfScheme: 'die App auf diesem Gerät, die {scheme}-Links öffnet',
  },
  signIn: {
    title: 'Anmelden',
    reason: 'Danach geht es weiter zu: {place}',
    username: 'Benutzername',
    password: 'Passwort',
    remember: 'Auf diesem Gerät angemeldet bleiben',
    submit: 'Anmelden',
    cancel: 'Abbrechen',
    wrong: 'Der Benutzername oder das Passwort ist falsch.',
    wait: 'Zu viele Versuche. Wartezeit in Sekunden: {seconds}.',
    problemTitle: 'Problem: {title}',
  },
  consent: {
    title: 'Zugriff erlauben?',
    heading: '{place} bittet um Zugriff',
    name: 'Selbst gewählter Name: {name}.',
    ownName: 'Name: {name}.',
    unverified: 'nicht geprüft',
    verified: 'vom Betreiber geprüft',
    new: 'neu hier',
    warning: 'Diesen Namen kann jeder wählen. Erlauben Sie den Zugriff nur, wenn Sie das selbst begonnen haben und {place} vertrauen.',
    loopbackWarning:
      'Dahinter kann jedes Programm auf diesem Gerät stecken. Erlauben Sie den Zugriff nur, wenn Sie das eben selbst begonnen haben.',
    user: 'Sie sind angemeldet als {user}.',
    scopes: 'Das wird damit möglich:',
    noScopes: 'Es wird nur verlangt, dass Sie sich anmelden.',
    audience: 'Zur Verwendung bei:',
    remember: 'Nicht noch einmal fragen',
    allow: 'Erlauben',
    deny: 'Ablehnen',
    website: 'Website',
    policy: 'Datenschutzerklärung',
    terms: 'Nutzungsbedingungen',
    links: 'Eigene Angaben:',
    firstSeen: 'Hier bekannt seit {date}.',
    later: 'Sie können das später widerrufen: {page}.',
  },
  grants: {
    title: 'Was Sie erlaubt haben',
    device: 'Eine App auf einem Ihrer Geräte',
    appOfScheme: 'Die App auf einem Ihrer Geräte, die {scheme}-Links öffnet',
    noScopes: 'Nur, dass Sie sich anmelden.',
    since: 'Erlaubt seit {date}.',
    withdraw: 'Widerrufen',
    none: 'Hier ist nichts, was Sie erlaubt haben.',
    older: 'Ältere',
    withdrawn: '{name} bekommt keinen Zugriff mehr.',
    withdrawnTitle: 'Widerrufen: {title}',
    nothingToWithdraw: 'Es gab nichts mehr zu widerrufen.',
    outdated: 'Diese Seite war veraltet, deshalb wurde nichts widerrufen. Hier steht, was Sie erlaubt haben; versuchen Sie es noch einmal.',
    nobodyTitle: 'Hier ist niemand angemeldet',
    nobody:
      'Melden Sie sich über eine App an, die Sie benutzen, und wählen Sie „{remember}“. Öffnen Sie diese Seite dann noch einmal in diesem Browser, um zu sehen und zu widerrufen, was Sie erlaubt haben.',
    elsewhereTitle: 'Was Sie erlaubt haben, steht nicht hier',
    elsewhere:
      'Sie haben nichts falsch gemacht. Wer diesen Server betreibt, kann Ihnen sagen, wo Sie sehen und widerrufen, was Sie erlaubt haben.',
  },
  scopes: {
    openid: 'Sie wiedererkennen, an einer gleichbleibenden Kennung',
    profile: 'Ihren Namen und Ihren Benutzernamen sehen',
    email: 'Ihre E-Mail-Adresse sehen',
    offline: 'Angemeldet bleiben: für Sie handeln, auch wenn Sie nicht da sind',
    other: '{scope} verwenden',
  },
  signOut: {
    title: 'Abmelden?',
    reason: 'Sie werden hier abgemeldet.',
    reasonOf: '{client} bittet darum, Sie hier abzumelden.',
    submit: 'Abmelden',
    cancel: 'Angemeldet bleiben',
    kept: 'Sie sind weiterhin angemeldet',
    done: 'Sie sind abgemeldet',
    close: 'Sie können diese Seite schließen.',
  },
  leaving: {
    title: 'Weiter zu einer anderen Seite?',
    reason: 'Die App, von der Sie kommen, bittet darum, Sie weiterzuschicken zu: {place}',
    go: 'Weiter zu {place}',
  },
  gone: {
    title: 'Diese Seite gilt nicht mehr',
    reason:
      'Die Anfrage ist schon beantwortet, oder es hat zu lange gedauert. Gehen Sie zurück zur App, die Sie hierher geschickt hat, und beginnen Sie von vorn.',
  },
  off: {
    login: 'Das Anmelden ist hier nicht eingerichtet',
    consent: 'Das Erlauben von Zugriff ist hier nicht eingerichtet',
    logout: 'Das Abmelden ist hier nicht eingerichtet',
    reason: 'Sie haben nichts falsch gemacht. Wer diesen Server betreibt, muss angeben, welche Seite erscheinen soll.',
    operator: 'Für den Betreiber',
    keys: 'Tragen Sie die Adresse Ihrer eigenen Seite als {key} in die Konfiguration ein.',
    dev: 'Auf dem Rechner eines Entwicklers bringen {dev} und {users} Seiten, die funktionieren, solange {key} nicht gesetzt ist.',
  },
  error: {
    title: 'Etwas ist schiefgegangen',
    refused: 'Diese Anfrage kann nicht beantwortet werden',
    told: 'Dazu wurde mitgeteilt:',
    untold: 'Mehr wurde dazu nicht mitgeteilt.',
    again: 'Gehen Sie zurück zur App, die Sie hierher geschickt hat, und versuchen Sie es noch einmal.',
  },
  fault: {
    title: 'Die App, die Sie hierher geschickt hat, ist nicht richtig eingerichtet',
    clientMissing: 'Sie hat nicht gesagt, wer sie ist: Der Parameter {parameter} fehlt.',
    clientUnknown: 'Sie ist hier nicht oder nicht mehr registriert:',
    redirectMissing: 'Sie hat nicht gesagt, wohin es zurückgehen soll: Der Parameter {parameter} fehlt.',
    handleUnknown: 'Diese Anmeldung ist hier nicht oder nicht mehr bekannt. Gehen Sie zurück zur App und beginnen Sie neu.',
    responseModeUnknown: 'Sie will ihre Antwort auf eine Weise, die hier nicht bekannt ist:',
    doubled: 'Sie hat den Parameter {parameter} mehr als einmal geschickt.',
    redirectUnknown: 'Sie will Sie an eine Adresse zurückschicken, die sie nicht registriert hat:',
    makers: 'Wer sie gebaut hat, kann das beheben: {parameter} muss Zeichen für Zeichen eine der registrierten Adressen sein.',
    nothing: 'Sie sind nirgends angemeldet worden und können diese Seite schließen.',
    resetTitle: 'So lässt es sich beheben',
    reset:
      'Die App merkt sich eine alte Registrierung. Lassen Sie sie diese vergessen und verbinden Sie sie neu: Dann registriert sie sich wieder.',
    otherApps: 'Jede andere App',
    otherAppsReset: 'Entfernen Sie die Verbindung in der App und legen Sie sie neu an.',
    apps: {
      claude: 'Einstellungen, Konnektoren: den Konnektor entfernen und neu hinzufügen.',
      claudeCode:
        '{command} eingeben, den Server und „Clear authentication“ wählen, dann neu anmelden. Wenn das nicht reicht: {remove}, und neu hinzufügen.',
      cursor:
        'In der Befehlspalette {command} ausführen, dann neu verbinden. Wenn das nicht reicht, den Server unter Settings, MCP entfernen und neu hinzufügen.',
      vsCode: 'In der Befehlspalette {command} ausführen, diesen Server wählen und ihn neu starten.',
      chatGpt: 'Einstellungen, Konnektoren (oder Apps): den Konnektor trennen und löschen, dann neu anlegen.',
      mcpRemote: 'Beenden, den Ordner löschen ({command}) und neu starten.',
    },
  },
}

const languages: Readonly<Record<string, Words>> = { en, de }

/** English, where nobody says what he reads. */
export const plainWords: Words = en

/** The words a person reads: of his languages the first that we speak, else English. */
export function wordsFor(tags: readonly string[]): Words {
  for (const tag of tags) {
    const language = tag.split('-', 1)[0]?.toLowerCase() ?? ''
    if (Object.hasOwn(languages, language)) return languages[language] ?? en
  }
  return en
}
