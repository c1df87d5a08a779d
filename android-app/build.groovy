// What the Android Gradle plugin would do: libraries in AAR files, resources, shrinking, packing, signing.
// gmavenplus runs this script once for each step that pom.xml names, with `project` and `step` in its
// binding.
import com.android.apksig.ApkSigner
import com.android.apksig.ApkVerifier
import com.android.tools.r8.CompilationMode
import com.android.tools.r8.D8
import com.android.tools.r8.D8Command
import com.android.tools.r8.Diagnostic
import com.android.tools.r8.DiagnosticsHandler
import com.android.tools.r8.JdkClassFileProvider
import com.android.tools.r8.OutputMode
import com.android.tools.r8.R8
import com.android.tools.r8.R8Command
import groovy.io.FileType
import groovy.transform.Field
import java.security.KeyStore
import java.security.MessageDigest
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream
import javax.xml.parsers.DocumentBuilderFactory
import org.apache.maven.artifact.handler.DefaultArtifactHandler

// Zip entries carry a time; one fixed time makes equal input give equal bytes. (The earliest a zip can hold.)
@Field final long FIXED_TIME = new GregorianCalendar(1980, Calendar.JANUARY, 1).timeInMillis

def started = System.currentTimeMillis()
switch (step) {
    case 'unpack-libraries': unpackLibraries(); break
    case 'link-resources': linkResources(); break
    case 'build-core': buildCore(); break
    case 'package-app': packageApp(); break
    default: throw new IllegalArgumentException("build.groovy knows no step '$step'")
}
say "$step took ${System.currentTimeMillis() - started} ms"

// ---------------------------------------------------------------- libraries in AAR files

/**
 * Unpacks each AAR once and has Maven see its classes.jar in its place, so that compiler and tests can use
 * it.
 */
void unpackLibraries() {
    def jarHandler = new DefaultArtifactHandler('jar')
    jarHandler.addedToClasspath = true
    jarHandler.language = 'java'
    aars().each { artifact ->
        def folder = unpacked(artifact)
        def done = new File(folder, '.unpacked')
        if (!done.exists()) {
            folder.deleteDir()
            unzip(artifact.file, folder)
            done.createNewFile()
        }
        def classes = new File(folder, 'classes.jar')
        if (!classes.exists()) zip(classes) { put -> put('META-INF/', new byte[0], false) }
        artifact.file = classes
        artifact.artifactHandler = jarHandler
    }
}

Collection aars() { project.artifacts.findAll { it.type == 'aar' } }

File unpacked(artifact) { target("aar/${artifact.groupId}.${artifact.artifactId}-${artifact.version}") }

// ---------------------------------------------------------------- resources

/** Compiles the resources of the app and its libraries, links them against the framework and makes R.java. */
void linkResources() {
    def parts = [], packages = [] as Set
    aars().findAll { it.scope != 'test' }.each { artifact ->
        def folder = unpacked(artifact)
        def resources = new File(folder, 'res')
        if (resources.list()) parts << compileResources(resources, new File(folder, 'res.zip'), true)
        // A library's own code names its own R, which must then exist.
        if (new File(folder, 'R.txt').length() > 0) packages << packageOf(folder)
    }
    // Order matters: of two values for one name the last is taken.
    parts << compileResources(source('main/res'), target('res-main.zip'), false)
    if (isDebug()) parts << compileResources(source('debug/res'), target('res-debug.zip'), false)

    def java = target('generated-sources/resources')
    java.deleteDir()
    java.mkdirs()
    def link = ['aapt2', 'link', '-o', target('resources.apk'), '-I', framework(),
        '--manifest', source('main/AndroidManifest.xml'), '--java', java, '--non-final-ids',
        '--rename-manifest-package', property('app.id'),
        '--min-sdk-version', property('app.minSdk'), '--target-sdk-version', property('app.targetSdk'),
        '--version-code', property('app.versionCode'), '--version-name', project.version,
        // The languages the app itself is written in: a library's others would make half-translated screens.
        '-c', 'en,cy', '--auto-add-overlay', '--no-version-vectors',
        '--proguard', target('keep-resources.pro')]
    if (packages) link += ['--extra-packages', packages.join(':')]
    if (isDebug()) link << '--debug-mode'
    if (source('main/assets').isDirectory()) link += ['-A', source('main/assets')]
    // An aapt2 older than Android 11 does not know <queries>. Whatever else it does not know is a mistake.
    link << '--warn-manifest-validation'
    def unknown = execute(link + parts.collectMany { ['-R', it] }).readLines()
        .findAll { it.contains('AndroidManifest.xml') && !it.contains('unexpected element <queries>') }
    demand(unknown.empty, "the manifest is not valid:\n${unknown.join('\n')}")
    project.addCompileSourceRoot(java.path)
    // Made by uniffi from the Rust core, and checked in.
    if (source('main/generated').isDirectory()) project.addCompileSourceRoot(source('main/generated').path)
    describeToRobolectric()
}

File compileResources(File folder, File out, boolean onlyOnce) {
    if (!(onlyOnce && out.exists())) execute(['aapt2', 'compile', '--dir', folder, '-o', out])
    out
}

String packageOf(File library) {
    def manifest = new File(library, 'AndroidManifest.xml')
    def xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(manifest)
    xml.documentElement.getAttribute('package')
}

/** Robolectric reads from this file where the app's manifest and resources are. */
void describeToRobolectric() {
    def file = target('test-classes/com/android/tools/test_config.properties')
    file.parentFile.mkdirs()
    file.text = """\
        android_merged_manifest=${source('main/AndroidManifest.xml')}
        android_merged_assets=${source('main/assets')}
        android_resource_apk=${target('resources.apk')}
        android_custom_package=org.wardkey.app
        """.stripIndent()
}

// ---------------------------------------------------------------- the core, for this machine

/** Takes a second when nothing changed: cargo knows what is fresh. */
void buildCore() {
    if (property('skipTests') || property('maven.test.skip')) return
    def cargo = { Object... arguments ->
        execute(['cargo', *arguments, '--locked', '--target-dir', workspace('target')], [:], workspace('.'))
    }
    def features = isDebug() ? 'ffi,emulator' : 'ffi'
    cargo('rustc', '-p', 'wardkey-core', '--features', features, '--crate-type', 'cdylib')
    cargo('build', '-p', 'wardkey')
}

// ---------------------------------------------------------------- the APK

void packageApp() {
    def shrunk = target('shrunk')
    shrink(shrunk)
    def name = 'wardkey' + (isDebug() ? '-debug' : '') + (property('wardkey.jniLibs') ? '' : '-unbundled')
    def unsigned = target("${name}.unsigned.zip"), apk = target("${name}.apk")
    // An older one must not pass for the result of a build that fails from here on.
    apk.delete()
    pack(shrunk, unsigned)
    sign(unsigned, apk)
    unsigned.delete()
    verify(apk)
    // For the tests that follow.
    project.properties['wardkey.apk'] = apk.path
    project.properties['wardkey.shrunkClasses'] = new File(shrunk, 'classes.jar').path
    say "${apk.name}: ${apk.length()} bytes"
}

/**
 * Shrinks in two stages: R8 from class files to class files, then D8 from those to dex. So the tests can run
 * on the JVM the very classes that the APK holds. Left alone when neither code nor rules changed since the
 * last time.
 */
void shrink(File out) {
    def libraries = runtimeLibraries(), rules = shrinkRules()
    def code = target('app-classes.jar')
    zipFolder(new File(project.build.outputDirectory), code)
    def inputs = libraries + [code] + rules
    def digest = digestOf(inputs), done = new File(out, 'inputs.sha256')
    if (done.exists() && done.text == digest) { say 'shrunk code is up to date'; return }
    out.deleteDir()
    out.mkdirs()

    say "R8 shrinks ${inputs.size() - rules.size()} jars"
    def classes = new File(out, 'classes.jar')
    R8.run(R8Command.builder(new Complaints())
        .addProgramFiles((libraries + [code])*.toPath())
        .addLibraryFiles(framework().toPath())
        .addLibraryResourceProvider(JdkClassFileProvider.fromSystemJdk())
        .addProguardConfigurationFiles(rules*.toPath())
        .setProguardMapOutputPath(new File(out, 'mapping.txt').toPath())
        .setMode(CompilationMode.RELEASE)
        .setOutput(classes.toPath(), OutputMode.ClassFile)
        .build())
    say 'D8 makes dex'
    D8.run(D8Command.builder(new Complaints())
        .addProgramFiles(classes.toPath())
        .addLibraryFiles(framework().toPath())
        .addLibraryResourceProvider(JdkClassFileProvider.fromSystemJdk())
        .setMinApiLevel(property('app.minSdk') as int)
        .setMode(CompilationMode.RELEASE)
        .setOutput(out.toPath(), OutputMode.DexIndexed)
        .build())
    done.text = digest
}

/**
 * A warning of R8 or D8 ends the build as an error does: it is a class or a rule that will be missed on the
 * phone.
 */
class Complaints implements DiagnosticsHandler {
    void warning(Diagnostic warning) {
        // Every jar has a manifest and some say again what their rules are; none of that goes into the APK.
        def repeated = warning.diagnosticMessage ==~ /Resource 'META-INF\/.*' already exists\./
        if (!repeated) throw new IllegalStateException("${warning.origin}: ${warning.diagnosticMessage}")
    }

    void info(Diagnostic info) {}
}

List<File> runtimeLibraries() {
    project.artifacts.findAll { it.scope in ['compile', 'runtime'] }*.file.sort()
}

List<File> shrinkRules() {
    def ofLibraries = aars().findAll { it.scope != 'test' }
        .collect { new File(unpacked(it), 'proguard.txt') }.findAll { it.exists() }
    [new File(project.basedir, 'proguard.pro'), target('keep-resources.pro')] + ofLibraries
}

/**
 * Writes the APK without a signature: resources, dex, service files, and native libraries if there are any.
 */
void pack(File shrunk, File out) {
    zip(out) { put ->
        entries(target('resources.apk')) { name, bytes, stored -> put(name, bytes, stored) }
        shrunk.listFiles().findAll { it.name.endsWith('.dex') }.sort().each { put(it.name, it.bytes, false) }
        entries(new File(shrunk, 'classes.jar')) { name, bytes, stored ->
            if (name.startsWith('META-INF/services/')) put(name, bytes, false)
        }
        // Stored, and aligned by the signer: the system then maps them straight from the APK.
        nativeLibraries().each { name, file -> put(name, file.bytes, true) }
    }
}

/** For each ABI that wardkey.jniLibs has a folder for: the core from there and JNA's half from its AAR. */
Map<String, File> nativeLibraries() {
    if (!property('wardkey.jniLibs')) return [:]
    def folder = new File(property('wardkey.jniLibs'))
    def abis = folder.listFiles()?.findAll { it.isDirectory() }?.sort()
    if (!abis) throw new FileNotFoundException("wardkey.jniLibs: $folder has no folder for any ABI")
    def jna = unpacked(aars().find { it.artifactId == 'jna' })
    abis.collectMany { abi -> [
        libraryEntry(new File(abi, 'libwardkey_core.so')),
        libraryEntry(new File(jna, "jni/${abi.name}/libjnidispatch.so")),
    ] }.collectEntries()
}

Map.Entry<String, File> libraryEntry(File library) {
    if (!library.exists()) throw new FileNotFoundException("no native library $library")
    new AbstractMap.SimpleEntry("lib/${library.parentFile.name}/${library.name}".toString(), library)
}

void sign(File unsigned, File apk) {
    def (path, alias, password) = signingKey()
    def store = KeyStore.getInstance('PKCS12')
    path.withInputStream { store.load(it, password) }
    def key = store.getKey(alias, password)
    if (key == null) throw new IllegalArgumentException("$path holds no key named '$alias'")
    def chain = store.getCertificateChain(alias) as List
    def signer = new ApkSigner.SignerConfig.Builder('WARDKEY', key, chain).build()
    new ApkSigner.Builder([signer])
        .setInputApk(unsigned).setOutputApk(apk)
        .setMinSdkVersion(property('app.minSdk') as int)
        .setV1SigningEnabled(false).setV2SigningEnabled(true).setV3SigningEnabled(true)
        .setOtherSignersSignaturesPreserved(false)
        .build().sign()
}

/**
 * The keystore that -Dwardkey.keystore and -Dwardkey.keystore.alias name, with its password from the
 * environment; without them one made here, whose signature nobody trusts and which `mvn clean` throws away.
 */
List signingKey() {
    if (property('wardkey.keystore')) {
        def password = System.getenv('WARDKEY_KEYSTORE_PASSWORD')
        demand(password, 'wardkey.keystore is given without WARDKEY_KEYSTORE_PASSWORD in the environment')
        demand(property('wardkey.keystore.alias'), 'wardkey.keystore is given without wardkey.keystore.alias')
        def file = new File(property('wardkey.keystore'))
        return [file, property('wardkey.keystore.alias'), password.toCharArray()]
    }
    def store = target('local-key.p12'), password = 'local-builds-only'
    if (!store.exists()) execute(['keytool', '-genkeypair',
        '-keystore', store, '-storetype', 'PKCS12', '-alias', 'local', '-keyalg', 'EC',
        '-groupname', 'secp256r1', '-validity', '10000', '-dname', 'CN=Wardkey local build',
        '-storepass:env', 'LOCAL_KEY_PASSWORD'], [LOCAL_KEY_PASSWORD: password])
    say 'signing with a key made for this build folder; see README.md for a real one'
    [store, 'local', password.toCharArray()]
}

/** Reads the finished APK as Android's own tools do. */
void verify(File apk) {
    def minSdk = property('app.minSdk') as int
    def result = new ApkVerifier.Builder(apk).setMinCheckedPlatformVersion(minSdk).build().verify()
    def verified = result.verified && result.verifiedUsingV3Scheme
    demand(verified, "${apk.name} does not verify: ${result.allErrors}")
    execute(['apksigner', 'verify', '--min-sdk-version', property('app.minSdk'), apk])
    execute(['zipalign', '-c', '-p', '4', apk])
}

// ---------------------------------------------------------------- small tools

void say(String text) { println "[build.groovy] $text" }

/** Ends the build with `otherwise` unless there is what it needs. */
void demand(Object needed, Object otherwise) {
    if (!needed) throw new IllegalStateException(otherwise.toString())
}

/** A property of pom.xml, or what -D gives in its place; an empty one is the empty string. */
String property(String name) { session.userProperties[name] ?: project.properties[name] ?: '' }

boolean isDebug() { property('app.debug') == 'true' }

File target(String path) { new File(project.build.directory, path) }

/** In the workspace of the Rust core. */
File workspace(String path) { new File(project.basedir.parentFile, path).canonicalFile }

File source(String path) { new File(project.basedir, "src/$path") }

/** The Android framework's classes and resources. */
File framework() { project.artifacts.find { it.artifactId == 'android-all' }.file }

/** Runs a program, in `folder` if given, and returns what it printed; fails with that if the program does. */
String execute(List command, Map environment = [:], File folder = null) {
    def builder = new ProcessBuilder(command*.toString()).redirectErrorStream(true).directory(folder)
    builder.environment().putAll(environment)
    def process = builder.start()
    def output = process.inputStream.text
    demand(process.waitFor() == 0, "${command.take(2).join(' ')} failed:\n$output")
    output
}

String digestOf(List<File> files) {
    def digest = MessageDigest.getInstance('SHA-256')
    files.each { digest.update(it.name.bytes); digest.update(it.bytes) }
    digest.digest().encodeHex().toString()
}

void entries(File archive, Closure each) {
    new ZipFile(archive).withCloseable { zip ->
        zip.entries().findAll { !it.directory }.each {
            each(it.name, zip.getInputStream(it).bytes, it.method == ZipEntry.STORED)
        }
    }
}

void unzip(File archive, File folder) {
    entries(archive) { name, bytes, stored ->
        def file = new File(folder, name).canonicalFile
        demand(file.toPath().startsWith(folder.canonicalFile.toPath()), "$archive: $name leads outside")
        file.parentFile.mkdirs()
        file.bytes = bytes
    }
}

/** Writes a zip file: `fill` gets a function put(name, bytes, stored). */
void zip(File out, Closure fill) {
    out.parentFile.mkdirs()
    new ZipOutputStream(out.newOutputStream()).withCloseable { zip ->
        fill { String name, byte[] bytes, boolean stored ->
            def entry = new ZipEntry(name)
            entry.time = FIXED_TIME
            if (stored) {
                def crc = new CRC32()
                crc.update(bytes)
                entry.method = ZipEntry.STORED
                entry.size = bytes.length
                entry.crc = crc.value
            }
            zip.putNextEntry(entry)
            zip.write(bytes, 0, bytes.length)
            zip.closeEntry()
        }
    }
}

void zipFolder(File folder, File out) {
    def files = []
    folder.eachFileRecurse(FileType.FILES) { files << it }
    zip(out) { put ->
        files.sort().each { put(folder.toPath().relativize(it.toPath()).toString(), it.bytes, false) }
    }
}
