# bash completion for tinyserve(1)
# Made by: tinyserve --generate bash

_tinyserve() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} equals= word
  COMPREPLY=()
  # "--flag=value" arrives as three words.
  if [[ $cur == = ]]; then
    cur= equals=1
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]} equals=1
  fi
  # Behind "--" stands a command.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -- ]] || continue
    if [[ $prev == -- ]]; then
      mapfile -t COMPREPLY < <(compgen -c -- "$cur")
    else
      compopt -o default
    fi
    return
  done

  case $prev in
    --root)
      compopt -o dirnames
      return ;;
    --index)
      return ;;
    --spa)
      if [[ $equals ]]; then
        compopt -o default
        return
      fi ;;
    --mime)
      return ;;
    --cache)
      mapfile -t COMPREPLY < <(compgen -W 'no-cache no-store immutable' -- "$cur")
      return ;;
    --header)
      return ;;
    --cors)
      if [[ $equals ]]; then
        return
      fi ;;
    --compress)
      if [[ $equals ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'auto on off' -- "$cur")
        return
      fi ;;
    -p|--port)
      return ;;
    -b|--bind)
      mapfile -t COMPREPLY < <(compgen -W 'localhost 127.0.0.1 0.0.0.0' -- "$cur")
      return ;;
    --allow-host)
      mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
      return ;;
    --max-connections)
      return ;;
    --threads)
      return ;;
    --workers)
      return ;;
    --max-body)
      return ;;
    --header-timeout)
      return ;;
    --keep-alive-timeout)
      return ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W 'json pretty combined common none' -- "$cur")
      return ;;
    --log-file)
      compopt -o default
      return ;;
    --log-ignore)
      return ;;
    --config)
      compopt -o default
      return ;;
    --color)
      mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
      return ;;
  esac

  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W \
      '--root --index --no-listing --dotfiles --follow-symlinks --writable --no-api --spa --clean-urls --mime --no-file-cache --cache --header --cors --compress --isolate -p --port -b --bind --lan --open --allow-host --max-connections --threads --workers --max-body --header-timeout --keep-alive-timeout --log-format --log-file --log-ignore --config --color --fail-on-404 --no-sandbox -q --quiet -v --verbose -h --help -V --version' \
      -- "$cur")
    return
  fi
  compopt -o dirnames
} && complete -F _tinyserve tinyserve
