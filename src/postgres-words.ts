import { spellings } from './replaced-letters.ts';

/**
 * The words that PostgreSQL puts before its texts, in the languages that it speaks (its catalogs of messages, version 15). A log of
 * stderr has nothing else that tells an error from a notice, and a statement from the message that it belongs to.
 */
const TRANSLATED = {
  DEBUG: 'გამართვა, 디버그, ОТЛАДКА, НАЛАГОДЖЕННЯ, 调试, 除錯',
  INFO: 'ინფორმაცია, 정보, ИНФОРМАЦИЯ, ІНФОРМАЦІЯ, 信息, 資訊',
  NOTICE: 'HINWEIS, NOTIFICA, 알림, ЗАМЕЧАНИЕ, NOTIS, ПОВІДОМЛЕННЯ, 注意',
  WARNING: 'WARNUNG, ATTENTION, ATTENZIONE, გაფრთხილება, 경고, ПРЕДУПРЕЖДЕНИЕ, VARNING, ПОПЕРЕДЖЕННЯ, 警告',
  LOG: 'ჟურნალი, 로그, СООБЩЕНИЕ, LOGG, ЗАПИСУВАННЯ, 日志, 日誌',
  ERROR: 'FEHLER, ERREUR, ERRORE, შეცდომა, 오류, ОШИБКА, FEL, ПОМИЛКА, 错误, 錯誤',
  FATAL: 'FATALE, ფატალური, 치명적오류, ВАЖНО, FATALT, ФАТАЛЬНО, 致命错误, 致命錯誤',
  PANIC: 'PANIK, PANICO, პანიკა, 손상, ПАНИКА, ПАНІКА, 灾难性错误, 嚴重錯誤',
  DETAIL: 'DETALLE, DÉTAIL, DETTAGLI, 詳細, დეტალები, 상세정보, ПОДРОБНОСТИ, DETALJ, ВІДОМОСТІ, 详情, 詳情',
  HINT: 'TIPP, ASTUCE, SUGGERIMENTO, ヒント, მინიშნება, 힌트, ПОДСКАЗКА, TIPS, УКАЗІВКА, 提示',
  QUERY: 'ANFRAGE, CONSULTA, REQUÊTE, 問い合わせ, მოთხოვნა, 쿼리, ЗАПРОС, FRÅGA, ЗАПИТ, 查询, 查詢',
  CONTEXT: 'ZUSAMMENHANG, CONTEXTO, CONTEXTE, CONTESTO, 文脈, კონტექსტი, 내용, КОНТЕКСТ, KONTEXT, 上下文',
  LOCATION: 'ORT, UBICACIÓN, EMPLACEMENT, POSIZIONE, 場所, მდებარეობა, 위치, ПОЛОЖЕНИЕ, PLATS, РОЗТАШУВАННЯ, 位置',
  STATEMENT:
    'ANWEISUNG, SENTENCIA, INSTRUCTION, ISTRUZIONE, 文, ოპერატორი, 명령 구문, ОПЕРАТОР, SATS, ІНСТРУКЦІЯ, 语句, 陳述式',
  BACKTRACE: "PILE D'APPEL, バックトレース, სტეკი, 역추적, СТЕК, ВІДСТЕЖУВАТИ, 回溯",
} as const;

const ENGLISH: ReadonlyMap<string, string> = new Map(
  Object.entries(TRANSLATED).flatMap(([english, words]) =>
    words.split(', ').flatMap((word) => spellings(word).map((one) => [one, english] as const)),
  ),
);

/** The English word; one that is in no catalog stays as it is. */
export const englishWord = (word: string): string => ENGLISH.get(word) ?? word;

/** Whether it is the word of a message, in English. */
export const isSeverity = (word: string): boolean => Object.hasOwn(TRANSLATED, word) && !ADDITIONS.has(word);

/** Those that give more to the message before them. */
export const ADDITIONS: ReadonlySet<string> = new Set([
  ...['DETAIL', 'HINT', 'QUERY', 'CONTEXT', 'LOCATION', 'STATEMENT', 'BACKTRACE'],
]);

const KNOWN = [...Object.keys(TRANSLATED), ...ENGLISH.keys()];
const anyOf = (words: readonly string[]): string =>
  words
    .toSorted((a, b) => b.length - a.length)
    .map((word) => word.replaceAll('?', '\\?'))
    .join('|');

/** What stands between the word and the text; in French a space stands before the colon. */
const COLON = ':  ';
/** A word of another language, too; question marks where the encoding of the database lacks the letters. */
const WORD_AT_END = new RegExp(
  `(${anyOf(KNOWN)}|DEBUG[1-5]|\\p{L}[\\p{L}\\p{M}\\ufffd]{1,19}|\\p{L}\\ufffd{1,19}|\\?{1,20}) ?$`,
  'u',
);
const LONGEST_WORD = 24;

/** A word before a text, with the places where it begins and where the text begins. */
export interface FoundWord {
  readonly word: string;
  readonly start: number;
  readonly textStart: number;
}

/** Every place of the line that looks like such a word, in order, `max` at most. */
export const wordsIn = (line: string, max: number): FoundWord[] => {
  const found: FoundWord[] = [];
  for (let at = line.indexOf(COLON); at !== -1 && found.length < max; at = line.indexOf(COLON, at + 1)) {
    const from = Math.max(0, at - LONGEST_WORD);
    const word = WORD_AT_END.exec(line.slice(from, at));
    if (word === null) continue;
    const [, written = ''] = word;
    found.push({ word: englishWord(written), start: from + word.index, textStart: at + COLON.length });
  }
  return found;
};

/** The bytes of the word in UTF-8 and, where it can be written so, in LATIN1, as one character each. */
const asBytes = (word: string): string[] => [
  Buffer.from(word).toString('latin1'),
  ...(Buffer.from(word, 'latin1').toString('latin1') === word ? [word] : []),
];

/** Some of Korean, Russian and French are not followed by the two spaces of all others. */
const WITH_SHORT_END = ['쿼리', '위치', 'ПОЛОЖЕНИЕ', "PILE D'APPEL"];
const ADDITION_IN_BYTES = new RegExp(
  `(?:${anyOf(KNOWN.filter((word) => ADDITIONS.has(englishWord(word))).flatMap(asBytes))}) ?: {2}|(?:${anyOf(WITH_SHORT_END.flatMap(asBytes))}) ?: ?`,
  'y',
);
const LONGEST_IN_BYTES = 48;

/**
 * Whether a word that gives more to a message begins at this place, or a little before it so that the place is within it. The text is bytes
 * that were read as LATIN1, whatever their encoding.
 */
export const isAdditionAt = (text: string, place: number): boolean => {
  for (let start = place; start >= Math.max(0, place - LONGEST_IN_BYTES); start--) {
    ADDITION_IN_BYTES.lastIndex = start;
    if (ADDITION_IN_BYTES.test(text)) return ADDITION_IN_BYTES.lastIndex > place;
  }
  return false;
};

const UNKNOWN = new RegExp(
  `^\\[(?:${anyOf('unknown,unbekannt,desconocido,inconnu,sconosciuto,不明,უცნობი,알수없음,н/д,okänd,未知'.split(',').flatMap((word) => spellings(word)))}|\\?{1,12}|\\ufffd{1,12})\\]$`,
);

/** Whether it stands in a prefix for a name that the server does not know yet; question marks where the encoding lacks the letters. */
export const isUnknownName = (name: string): boolean => UNKNOWN.test(name);

/** How the server's lines about connections begin (`log_connections`, `log_disconnections`), in the same languages. */
const CONNECTION_LINES = {
  received:
    "connection received: |Verbindung empfangen: |conexión recibida: |connexion reçue : |connessione ricevuta: |接続を受け付けました: |შემოსული დაკავშირება: |접속 수락: |принято подключение: |ansluting mottagen: |з'єднання отримано: |已接收到连接: |連線已接收: ",
  authorized:
    'connection authorized: |replication connection authorized: |Verbindung autorisiert: |Replikationsverbindung autorisiert: |conexión autorizada: |conexión de replicación autorizada: |connexion autorisée : |connexion de réplication autorisée : |connessione autorizzata: |connessione di replica autorizzata: |接続の認証完了: |レプリケーション接続の認証完了: |შეერთება ავტორიზებულია: |რეპლიკაციის შეერთება ავტორიზებულია: |연결 인증: |복제 연결 인증: |подключение авторизовано: |подключение для репликации авторизовано: |anslutning auktoriserad: |replikeringsanslutning auktoriserad: |підключення авторизовано: |підключення для реплікації авторизовано: |连接已授权: |复制连接已授权: |連線已授權: |複寫連線已授權: ',
  ended:
    'disconnection: |Verbindungsende: |desconexión: |déconnexion : |disconnessione: |接続を切断: |연결종료: |отключение: |nedkoppling: |відключення: |断开连接: |中斷連線: ',
} as const;
type ConnectionLine = keyof typeof CONNECTION_LINES;
const CONNECTION_STARTS = Object.entries(CONNECTION_LINES).map(
  ([kind, starts]) =>
    [
      kind as ConnectionLine,
      new RegExp(`^(?:${anyOf(starts.split('|').flatMap((start) => spellings(start)))})`),
    ] as const,
);

/** What a line of the server says about a connection; undefined for others. */
export const connectionLine = (message: string): ConnectionLine | undefined =>
  CONNECTION_STARTS.find(([, starts]) => starts.test(message))?.[0];

/** How the messages of SQLSTATE 42501 begin or end, which is all that a log without the code has of it. */
const DENIED_STARTS = [
  ...['permission denied', 'must be ', 'keine Berechtigung', 'Berechtigung nur für Eigentümer', 'permiso denegado'],
  ...[
    'se ha denegado el permiso',
    'debe ser dueñ[oa] ',
    'droit refusé',
    'doit être (?:le )?propriétaire',
    'permesso negato',
  ],
  ...['permesso di .* negato$', 'bisogna essere proprietari', 'нет доступа к', 'нет прав ', 'нужно быть владельцем'],
  ...[
    'rättighet saknas',
    'nekad tillåtelse',
    'måste vara ägare',
    'немає дозволу',
    'немає прав ',
    'треба бути власником',
  ],
  ...['权限不足', '權限不足', 'წვდომა აკრძალულია', 'უნდა ბრძანდებოდეთ'],
];
const DENIED_ENDS = [
  ...[
    'アクセスが拒否されました',
    '権限がありません',
    '所有者である必要があります',
    '접근 권한 없음',
    '권한을 지정할 수 없음',
  ],
  ...['소유주여야만 합니다', '权限不足', '的所有者', '權限不足', '的擁有者', 'წვდომა აკრძალულია'],
];
const DENIED = new RegExp(
  `^(?:${DENIED_STARTS.flatMap((start) => spellings(start, '\\?')).join('|')})|(?:${DENIED_ENDS.join('|')})$`,
);

/** Whether a message says that a privilege is missing. */
export const saysDenied = (message: string): boolean => DENIED.test(message);
