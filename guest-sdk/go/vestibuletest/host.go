//go:build !wasip1

package vestibuletest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	vestibule "github.com/vestibule/vestibule/guest-sdk/go"
)

// The variable by which a signing secret gets to the command: an argument could be seen by others.
const secretVariable = "VESTIBULE_TEST_SECRET"

// The command's exit status where the function cannot be served, or is asked in a way that makes no sense.
const exitUsage = 64

// Host calls a built component behind the real gates, with the policy that lies beside it: each request is one
// `host invoke`. Stores and deliveries are kept from one request to the next; quotas of [limit] begin anew with each.
type Host struct {
	t         testing.TB
	program   string
	folder    string
	component string
	secrets   map[string]string
	calling   sync.Mutex
}

// NewHost makes one for a component: "functions/divide.wasm". It is looked for below the folder that VESTIBULE_FUNCTIONS names,
// then from the current folder and from those above it up to the project's. What it keeps is gone when the test ends.
func NewHost(t testing.TB, named string) *Host {
	t.Helper()
	program, err := command()
	if err != nil {
		t.Fatal(err)
	}
	built, err := component(named)
	if err != nil {
		t.Fatal(err)
	}
	h := &Host{t: t, program: program, folder: t.TempDir(), secrets: map[string]string{}}
	h.component = filepath.Join(h.folder, functionsFolder, filepath.Base(built))
	if err := os.Mkdir(filepath.Dir(h.component), 0o700); err != nil {
		t.Fatal(err)
	}
	h.copy(built, h.component)
	if policy := policyOf(built); isFile(policy) {
		h.copy(policy, policyOf(h.component))
	}
	return h.Settings("")
}

func policyOf(component string) string { return strings.TrimSuffix(component, ".wasm") + ".toml" }

func (h *Host) copy(from, to string) {
	h.t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		h.t.Fatal(err)
	}
	h.write(to, content)
}

func (h *Host) write(to string, content []byte) {
	h.t.Helper()
	if err := os.WriteFile(to, content, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// Policy is the policy, in the place of the file beside the component.
func (h *Host) Policy(text string) *Host {
	h.t.Helper()
	h.write(policyOf(h.component), []byte(text))
	return h
}

// Settings is the text of host.toml.
func (h *Host) Settings(text string) *Host {
	h.t.Helper()
	h.write(h.settings(), []byte(text))
	return h
}

func (h *Host) settings() string { return filepath.Join(h.folder, "host.toml") }

// Secret gives the host a secret that the policy names. It has these and no others.
func (h *Host) Secret(name, value string) *Host {
	h.secrets[name] = value
	return h
}

// Request is what a test sends.
type Request struct {
	// Method is GET where it is empty, or POST with a body.
	Method string
	// Path is the path, with a query perhaps.
	Path string
	// Headers may be in any case.
	Headers []vestibule.Pair
	Body    []byte
	// Signed has it signed as the policy's [verify] says, with its first secret.
	Signed bool
	// SignedWith has it signed so with another secret.
	SignedWith string
	// Identity is who is supposed to be calling, in the place of a token or a key.
	Identity *vestibule.Identity
}

// Answer is what the client gets, and what the host's log says of it.
type Answer struct {
	vestibule.Response
	// Outcome is "ok", or what went wrong.
	Outcome string
	// Stage is the gate that refused; empty if none did.
	Stage string
	// Reason is what no client learns.
	Reason string
	// Sandboxes is how many were made: none for what was refused.
	Sandboxes int
	// Logs are the lines that the function wrote, each with its level before it.
	Logs []string
}

// JSON reads the body, or ends the test.
func (a *Answer) JSON(t testing.TB) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(a.Body, &value); err != nil {
		t.Fatalf("the body is no JSON: %v: %s", err, a.Body)
	}
	return value
}

// Get sends a GET.
func (h *Host) Get(path string) *Answer {
	h.t.Helper()
	return h.Send(Request{Path: path})
}

// Send sends a request. The test ends where the function cannot be served, with what the host says of it.
func (h *Host) Send(request Request) *Answer {
	h.t.Helper()
	h.calling.Lock()
	defer h.calling.Unlock()
	arguments := []string{"invoke", h.component, "--config", h.settings(), "--path", request.Path, "--state", "--format", "json"}
	if request.Method != "" {
		arguments = append(arguments, "--method", request.Method)
	}
	if len(request.Headers) > 0 {
		arguments = append(arguments, "--header", "@"+h.headers(request.Headers))
	}
	if request.Body != nil {
		arguments = append(arguments, "--body", "-")
	}
	secrets := h.secrets
	if request.Signed || request.SignedWith != "" {
		arguments = append(arguments, "--sign")
	}
	if request.SignedWith != "" {
		arguments = append(arguments, "--secret-env", secretVariable)
		secrets = with(secrets, secretVariable, request.SignedWith)
	}
	if request.Identity != nil {
		arguments = append(arguments, "--identity", h.identity(request.Identity))
	}
	return h.run(arguments, secrets, request.Body)
}

// headers writes the file that `--header` reads: what a header holds may be secret, and arguments can be seen by others.
func (h *Host) headers(pairs []vestibule.Pair) string {
	h.t.Helper()
	var text strings.Builder
	for _, pair := range pairs {
		if strings.ContainsAny(pair.Name+pair.Value, "\r\n") {
			h.t.Fatalf("the header %q has a line break, which would be another header", pair.Name)
		}
		fmt.Fprintf(&text, "%s: %s\n", pair.Name, pair.Value)
	}
	file := filepath.Join(h.folder, "headers")
	h.write(file, []byte(text.String()))
	return file
}

func with(secrets map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	for name, value := range secrets {
		more[name] = value
	}
	return more
}

// identity writes the file that `--identity` reads.
func (h *Host) identity(identity *vestibule.Identity) string {
	h.t.Helper()
	fields := map[string]any{"subject": identity.Subject, "roles": append([]string{}, identity.Roles...)}
	if identity.Provider != "" {
		fields["provider"] = identity.Provider
	}
	if identity.Claims != nil {
		fields["claims"] = identity.Claims
	}
	text, err := json.Marshal(fields)
	if err != nil {
		h.t.Fatal(err)
	}
	file := filepath.Join(h.folder, "identity.json")
	h.write(file, text)
	return file
}

func (h *Host) run(arguments []string, secrets map[string]string, body []byte) *Answer {
	h.t.Helper()
	var out, said bytes.Buffer
	process := exec.Command(h.program, arguments...)
	process.Stdin, process.Stdout, process.Stderr = bytes.NewReader(body), &out, &said
	// Nothing of this process's environment but where things are: a test's secrets are those that it names.
	process.Env = []string{}
	for _, name := range []string{"PATH", "HOME", "XDG_CACHE_HOME"} {
		if value, is := os.LookupEnv(name); is {
			process.Env = append(process.Env, name+"="+value)
		}
	}
	for name, value := range secrets {
		process.Env = append(process.Env, name+"="+value)
	}
	err := process.Run()
	// An answer with a status of 400 or more ends it with 1.
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || ended.ExitCode() == exitUsage) {
		h.t.Fatalf("host invoke: %v\n%s", err, said.Bytes())
	}
	answer, err := read(out.Bytes())
	if err != nil {
		h.t.Fatalf("host invoke answered nothing: %v\n%s", err, said.Bytes())
	}
	return answer
}

func read(text []byte) (*Answer, error) {
	var told struct {
		Status     int
		Headers    [][2]string
		Body       *string
		BodyBase64 []byte `json:"body_base64"`
		Outcome    string
		Stage      string
		Reason     string
		Sandboxes  int
		Logs       []struct{ Level, Message string }
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, err
	}
	answer := &Answer{Outcome: told.Outcome, Stage: told.Stage, Reason: told.Reason, Sandboxes: told.Sandboxes}
	answer.Status, answer.Body = told.Status, told.BodyBase64
	if told.Body != nil {
		answer.Body = []byte(*told.Body)
	}
	for _, pair := range told.Headers {
		answer.Headers = append(answer.Headers, vestibule.Pair{Name: pair[0], Value: pair[1]})
	}
	for _, line := range told.Logs {
		answer.Logs = append(answer.Logs, strings.ToLower(line.Level)+": "+line.Message)
	}
	return answer, nil
}
