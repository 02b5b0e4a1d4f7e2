#!/bin/bash
# Installs and starts the real counterparts that the tests use, on loopback only: Redmine (Debian package, SQLite, Puma).
# Needs root and apt for what is not installed yet. Idempotent: what runs already is kept. `tools/peers.sh stop` stops all.
set -euo pipefail
cd "$(dirname "$0")/.."
HOME_FOLDER="$PWD/var/peers"
PORT="${REDMINE_PORT:-3900}"
mkdir -p "$HOME_FOLDER/run"
say() { printf '· %s\n' "$*"; }

if [ "${1:-}" = stop ]; then
  for file in "$HOME_FOLDER"/run/*.pid; do [ -e "$file" ] && kill "$(cat "$file")" 2>/dev/null && rm -f "$file"; done
  exit 0
fi

install_redmine() {
  dpkg -s redmine puma redmine-sqlite >/dev/null 2>&1 && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "需要 root 与 apt 安装 redmine redmine-sqlite puma / install redmine, redmine-sqlite and puma (needs root and apt)" >&2
    exit 1
  fi
  say "installing redmine"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  debconf-set-selections <<'P'
redmine redmine/instances/default/dbconfig-install boolean true
redmine redmine/instances/default/database-type select sqlite3
redmine redmine/instances/default/default-language select en
P
  apt-get install -y -qq --no-install-recommends redmine redmine-sqlite puma curl >"$HOME_FOLDER/apt.log" 2>&1 || { tail -20 "$HOME_FOLDER/apt.log"; exit 1; }
}

start_redmine() {
  local key
  if [ -f "$HOME_FOLDER/redmine.env" ]; then
    # shellcheck disable=SC1091
    . "$HOME_FOLDER/redmine.env"
    if curl -fs -o /dev/null -H "X-Redmine-API-Key: $REDMINE_API_KEY" "$REDMINE_URL/users/current.json"; then say "redmine runs at $REDMINE_URL"; return 0; fi
  fi
  key=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')
  cat >"$HOME_FOLDER/seed.rb" <<RB
Redmine::DefaultData::Loader.load('en') if Redmine::DefaultData::Loader.no_data?
Setting.rest_api_enabled = '1'
Setting.notified_events = []
a = User.find_by_login('admin')
a.must_change_passwd = false
a.save!(validate: false)
t = Token.find_or_initialize_by(user_id: a.id, action: 'api')
t.save! if t.new_record?
t.update_column(:value, '$key')
f = IssueCustomField.find_or_initialize_by(name: 'Jingwei ref')
f.update!(field_format: 'string', is_for_all: true, is_filter: true, searchable: false, trackers: Tracker.all)
# one custom field of each kind, for the projects that ask for them
kinds = { 'string' => {}, 'text' => {}, 'int' => {}, 'float' => {}, 'date' => {}, 'bool' => {}, 'user' => {}, 'version' => {}, 'link' => {},
          'list' => { possible_values: %w[焊接 装配 检验] } }
kinds.each do |kind, more|
  f = IssueCustomField.find_or_initialize_by(name: "Try #{kind}")
  f.update!({ field_format: kind, is_for_all: false, trackers: Tracker.all }.merge(more))
end
f = IssueCustomField.find_or_initialize_by(name: 'Try list many')
f.update!(field_format: 'list', multiple: true, is_for_all: false, trackers: Tracker.all, possible_values: %w[甲 乙 丙])
f = IssueCustomField.find_or_initialize_by(name: 'Try required')
f.update!(field_format: 'string', is_required: true, max_length: 40, is_for_all: false, trackers: Tracker.all)
RB
  chmod 755 "$HOME_FOLDER"; chmod 644 "$HOME_FOLDER/seed.rb"
  local as=(runuser -u www-data -- env RAILS_ENV=production X_DEBIAN_SITEID=default REDMINE_LANG=en HOME=/var/lib/redmine LC_ALL=C.UTF-8)
  cp "$HOME_FOLDER/seed.rb" /tmp/jingwei-redmine-seed.rb && chmod 644 /tmp/jingwei-redmine-seed.rb
  (cd /usr/share/redmine && "${as[@]}" bin/rails runner /tmp/jingwei-redmine-seed.rb >"$HOME_FOLDER/seed.log" 2>&1) || { tail -20 "$HOME_FOLDER/seed.log"; exit 1; }
  # Debian's SQLite set-up waits for no lock: two requests at a time would be answered 500, which no real installation does
  grep -q '^  timeout:' /etc/redmine/default/database.yml || echo '  timeout: 10000' >>/etc/redmine/default/database.yml
  # one thread: while one waits for SQLite's lock no other of the process runs, so two at a time would stand until that time is up
  (cd /usr/share/redmine && exec setsid "${as[@]}" puma -e production -b "tcp://127.0.0.1:$PORT" -t 1:1 config.ru >"$HOME_FOLDER/redmine.log" 2>&1) &
  echo $! >"$HOME_FOLDER/run/redmine.pid"
  for _ in $(seq 1 600); do curl -fs -o /dev/null -H "X-Redmine-API-Key: $key" "http://127.0.0.1:$PORT/users/current.json" && break; sleep 0.1; done
  curl -fs -o /dev/null -H "X-Redmine-API-Key: $key" "http://127.0.0.1:$PORT/users/current.json" || { tail -30 "$HOME_FOLDER/redmine.log"; exit 1; }
  printf 'REDMINE_URL=http://127.0.0.1:%s\nREDMINE_API_KEY=%s\n' "$PORT" "$key" >"$HOME_FOLDER/redmine.env"
  chmod 600 "$HOME_FOLDER/redmine.env"
  curl -fs -o /dev/null -H "X-Redmine-API-Key: $key" "http://127.0.0.1:$PORT/projects/jingwei.json" || curl -fs -o /dev/null -X POST -H "X-Redmine-API-Key: $key" -H 'Content-Type: application/json' \
    -d '{"project":{"name":"Jingwei","identifier":"jingwei","enabled_module_names":["issue_tracking","time_tracking"]}}' "http://127.0.0.1:$PORT/projects.json"
  say "redmine runs at http://127.0.0.1:$PORT"
}

install_redmine
start_redmine
