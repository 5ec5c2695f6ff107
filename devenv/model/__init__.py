"""The nouns of devenv: frozen values, standard library only. Start with service.py."""
