// Resolves Compose files as `docker compose config` does. Reads one JSON object a line:
// {"dir": "/project", "files": ["a.yaml"], "env": {"A": "b"}, "profiles": ["p"]};
// answers each with a line: {"model": …} or {"error": "…"}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/sirupsen/logrus"
)

type question struct {
	Dir      string
	Files    []string
	Env      map[string]string
	Profiles []string
}

func resolve(asked question) (json.RawMessage, error) {
	env := make([]string, 0, len(asked.Env))
	for name, value := range asked.Env {
		env = append(env, name+"="+value)
	}
	options, err := cli.NewProjectOptions(asked.Files,
		cli.WithWorkingDirectory(asked.Dir), cli.WithEnv(env), cli.WithConfigFileEnv,
		cli.WithDefaultConfigPath, cli.WithEnvFiles(), cli.WithDotEnv,
		cli.WithDefaultProfiles(asked.Profiles...), cli.WithDiscardEnvFile,
		cli.WithLoadOptions(func(o *loader.Options) { o.SkipConsistencyCheck = false }))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return nil, err
	}
	return project.MarshalJSON()
}

func main() {
	logrus.SetOutput(io.Discard)
	lines, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		answer := map[string]any{}
		if model, err := resolve(asked); err != nil {
			answer["error"] = err.Error()
		} else {
			answer["model"] = model
		}
		if err := out.Encode(answer); err != nil {
			panic(err)
		}
	}
}
