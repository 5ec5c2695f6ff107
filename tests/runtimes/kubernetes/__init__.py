"""The Kubernetes runtime, part by part."""
