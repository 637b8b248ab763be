//go:build !wasip1

package vestibuletest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// This file knows where things are: the component that a test names and the command `host`. It opens nothing.

// The folder that functions are in, by default, and the variable that names another; `host test` sets it.
const functionsFolder, functionsVariable = "functions", "VESTIBULE_FUNCTIONS"

// The variable that names the command.
const hostVariable = "VESTIBULE_HOST"

// As many folders are looked at, from the current one upwards.
const height = 8

// component finds a file that a test names: one of the functions folder below the one that VESTIBULE_FUNCTIONS names, for what
// was just built counts; else a path from the current folder, or from one above it up to the project's.
func component(named string) (string, error) {
	places, err := places(named)
	if err != nil {
		return "", err
	}
	for _, place := range places {
		if isFile(place) {
			return place, nil
		}
	}
	return "", fmt.Errorf("there is no %s: run `host build` first, or set %s to the folder that the built functions are in; "+
		"looked for it at\n  %s", named, functionsVariable, strings.Join(places, "\n  "))
}

func places(named string) ([]string, error) {
	if filepath.IsAbs(named) {
		return []string{named}, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	var found []string
	for range height {
		found = append(found, filepath.Join(folder, named))
		// Here the project ends, or the repository; or there is nothing above.
		if isThere(folder, ".vestibule") || isThere(folder, "host.toml") || isThere(folder, ".git") ||
			filepath.Dir(folder) == folder {
			break
		}
		folder = filepath.Dir(folder)
	}
	if functions := os.Getenv(functionsVariable); functions != "" {
		below, isOne := strings.CutPrefix(filepath.ToSlash(named), functionsFolder+"/")
		place := filepath.Join(functions, filepath.FromSlash(below))
		if isOne {
			return append([]string{place}, found...), nil
		}
		found = append(found, place)
	}
	return found, nil
}

// command finds the command `host`.
func command() (string, error) {
	if named := os.Getenv(hostVariable); named != "" {
		if !isFile(named) {
			return "", fmt.Errorf("%s names %s, and there is no such file", hostVariable, named)
		}
		return named, nil
	}
	found, err := exec.LookPath("host")
	if err != nil {
		return "", errors.New("there is no command `host` on PATH: install Vestibule's, or set " + hostVariable + " to where it is")
	}
	return found, nil
}

func isThere(folder, name string) bool {
	_, err := os.Lstat(filepath.Join(folder, name))
	return err == nil
}

func isFile(path string) bool {
	found, err := os.Stat(path)
	return err == nil && found.Mode().IsRegular()
}
