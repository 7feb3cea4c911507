#!/usr/bin/env bash
# Makes what is installed: for each program, which needs no runtime, an archive of it, a Debian package, and, with --base-image, a
# container image; and the checksums of all.
#
#   infra/packaging/build.sh [--runtime linux-x64|linux-arm64] [--base-image IMAGE] [FOLDER]
set -euo pipefail

runtime=linux-x64
base_image=
output=artifacts
while [ $# -gt 0 ]; do
    case $1 in
        --runtime) runtime=$2; shift 2 ;;
        --base-image) base_image=$2; shift 2 ;;
        -*) echo "build.sh: unknown option '$1'; expected --runtime or --base-image" >&2; exit 2 ;;
        *) output=$1; shift ;;
    esac
done
case $runtime in
    linux-x64) architecture=amd64; machine='x86-64' ;;
    linux-arm64) architecture=arm64; machine='aarch64' ;;
    *) echo "build.sh: '$runtime' is no runtime that packages are made for; expected linux-x64 or linux-arm64" >&2; exit 2 ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$here/../../src" && pwd)
mkdir -p "$output"
output=$(cd "$output" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$here/../../Directory.Build.props")

# Lock files name linux-x64 alone: of another platform only the same packages' native parts differ. Without one, a source of packages that lacks the least
# version of a dependency is noted again (NU1603).
options=(--configuration Release --nologo -v quiet -p:PackageRuntime="$runtime")
[ "$runtime" = linux-x64 ] || options+=(-p:RestorePackagesWithLockFile=false -p:RestoreLockedMode=false -p:NuGetLockFilePath=obj/package.lock.json -p:WarningsNotAsErrors=NU1603)

package() { # name, project, assembly, description of the package
    local name=$1 project=$2 assembly=$3 stage=$work/$1
    dotnet publish "$sources/$project" "${options[@]}" --output "$work/publish-$name"
    install -D -m 755 "$work/publish-$name/$assembly" "$stage/usr/lib/$name/$name"
    find "$work/publish-$name" -maxdepth 1 \( -name '*.so' -o -name '*.dll' \) -exec install -m 644 -t "$stage/usr/lib/$name" {} +
    mkdir -p "$stage/usr/bin"
    ln -s "../lib/$name/$name" "$stage/usr/bin/$name"
    for native in "$stage/usr/lib/$name/$name" "$stage/usr/lib/$name"/*.so; do
        file -b "$native" | grep -qi "ELF 64-bit.*$machine" || { echo "build.sh: $native is not for $runtime" >&2; exit 1; }
    done

    tar --create --gzip --owner=0 --group=0 --mtime=@0 --file "$output/${name}_${version}_$runtime.tar.gz" --directory "$stage/usr/lib" "$name"

    install -D -m 644 -t "$stage/usr/share/doc/$name" "$here/../../README.md" "$here"/../../docs/*.md
    install -D -m 644 "$here/debian/$name/$name.service" "$stage/usr/lib/systemd/system/$name.service"
    if [ "$name" = tfe-backup ]; then
        install -D -m 644 "$sources/Cli/tfe-backup.schema.json" "$stage/usr/share/tfe-backup/tfe-backup.schema.json"
        for shell in bash:bash-completion/completions/tfe-backup zsh:zsh/vendor-completions/_tfe-backup fish:fish/vendor_completions.d/tfe-backup.fish; do
            # Only this machine's own programs can be asked.
            [ "$(dpkg --print-architecture)" != "$architecture" ] || {
                mkdir -p "$stage/usr/share/$(dirname "${shell#*:}")"
                "$stage/usr/bin/$name" completion "${shell%%:*}" > "$stage/usr/share/${shell#*:}"
            }
        done
    fi

    mkdir -p "$stage/DEBIAN"
    sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$(du -ks "$stage/usr" | cut -f1)/" "$here/debian/$name/control" > "$stage/DEBIAN/control"
    for script in postinst prerm postrm; do
        sed "s/@NAME@/$name/g" "$here/debian/$script" > "$stage/DEBIAN/$script"
        chmod 755 "$stage/DEBIAN/$script"
    done
    find "$stage" -type d -exec chmod 755 {} +
    dpkg-deb --root-owner-group -Zxz --build "$stage" "$output/${name}_${version}_$architecture.deb" > /dev/null

    if [ -n "$base_image" ]; then
        dotnet publish "$sources/$project" "${options[@]}" -t:PublishContainer -p:ContainerBaseImage="$base_image" -p:ContainerImageTag="$version" \
            -p:ContainerArchiveOutputPath="$output/${name}_${version}_${runtime}_image.tar.gz"
    fi
}

package tfe-backup Cli/TfeBackup.Cli.csproj tfe-backup
package tfe-backup-service Server/TfeBackup.Server.csproj TfeBackup.Server
cd "$output"
sha256sum -- *.tar.gz *.deb > SHA256SUMS
cat SHA256SUMS
