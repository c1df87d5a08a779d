package org.wardkey.app.apk

import android.app.Activity
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.lang.reflect.Modifier
import java.net.URL
import java.net.URLClassLoader
import java.util.zip.ZipFile

/**
 * What R8 left is enough: every class that something reaches by name — the system through the manifest, C
 * code through JNI, JNA through reflection — is still there with all its members, and runs.
 */
internal class ShrunkClassesTest {
    /** Only the APK's own classes over the framework's: what the shrinker dropped is not found elsewhere. */
    private val shrunk = object : URLClassLoader(arrayOf(APK, FRAMEWORK), PLATFORM) {
        /** JNA's native half for this machine; the APK has the phone's. */
        override fun findResource(name: String): URL? =
            if (name.endsWith("jnidispatch.so")) ORIGINAL.getResource(name) else super.findResource(name)
    }

    private val names = ZipFile(Apk.classes).use { jar ->
        jar.entries().toList().map { it.name }.filter { it.endsWith(".class") && !it.startsWith("META-INF/") }
            .map { it.removeSuffix(".class").replace('/', '.') }
    }

    @Test
    fun `the system can make every component that the manifest names`() {
        val application = Apk.manifest.one("application")
        val components = listOf("activity", "service", "receiver", "provider").flatMap(application::all)
        val named = components.map { checkNotNull(it["name"]) } +
            listOfNotNull(application["name"], application["appComponentFactory"])
        assertTrue("no components", named.isNotEmpty())
        for (name in named) {
            val constructor = shrunk.loadClass(name).getDeclaredConstructor()
            assertTrue("$name has no public constructor", Modifier.isPublic(constructor.modifiers))
        }
    }

    @Test
    fun `every class links to the classes it names`() {
        val broken = names.mapNotNull { name ->
            runCatching { membersOf(shrunk.loadClass(name)) }.exceptionOrNull()?.let { "$name: $it" }
        }
        assertEquals(NEWER.sorted().joinToString("\n"), broken.sorted().joinToString("\n"))
    }

    @Test
    fun `JNA is whole`() {
        val kept = names.filter { it.startsWith("com.sun.jna.") }
        assertTrue("${kept.size} classes", "com.sun.jna.Native" in kept && "com.sun.jna.Structure" in kept)
        kept.forEach(::assertWhole)
    }

    @Test
    fun `every structure and callback has all its members`() {
        val jna = listOf("com.sun.jna.Structure", "com.sun.jna.Callback").map(shrunk::loadClass)
        val types = names.map(shrunk::loadClass)
        types.filter { type -> jna.any { it.isAssignableFrom(type) } }.forEach { assertWhole(it.name) }
    }

    @Test
    fun `every class with native methods has all of them`() {
        val ours = File("target/classes").walk().filter { it.extension == "class" }.map { file ->
            file.relativeTo(File("target/classes")).path.removeSuffix(".class").replace('/', '.')
        }
        val bound = ours.filter { nativeMethodsOf(ORIGINAL.loadClass(it)).isNotEmpty() }.toList()
        assertEquals("bindings are built", File("src/main/generated").exists(), bound.isNotEmpty())
        for (name in bound) {
            val expected = nativeMethodsOf(ORIGINAL.loadClass(name))
            assertEquals(name, expected, nativeMethodsOf(shrunk.loadClass(name)))
        }
    }

    @Test
    fun `JNA finds its native half and calls C`() {
        val library = shrunk.loadClass("com.sun.jna.NativeLibrary")
        val c = library.getMethod("getInstance", String::class.java).invoke(null, "c")
        val strlen = library.getMethod("getFunction", String::class.java).invoke(c, "strlen")
        val call = strlen.javaClass.getMethod("invokeInt", Array<Any>::class.java)
        val length = call.invoke(strlen, arrayOf("wardkey"))
        assertEquals(7, length)
    }

    /**
     * Initialising a class of uniffi's with native methods loads the core, binds them and compares checksums.
     */
    @Test
    fun `the bindings load the Rust core`() {
        for (name in names.filter { it.startsWith("org.wardkey.core.") }) {
            val type = shrunk.loadClass(name)
            if (nativeMethodsOf(type).isNotEmpty()) Class.forName(name, true, shrunk)
        }
    }

    private fun assertWhole(name: String) {
        val missing = membersOf(ORIGINAL.loadClass(name)) - membersOf(shrunk.loadClass(name))
        assertEquals("$name lost members", emptySet<String>(), missing)
    }

    /** All members' signatures; what the compiler added beside them may go. */
    private fun membersOf(type: Class<*>): Set<String> {
        val members = type.declaredFields.toList() + type.declaredMethods + type.declaredConstructors
        return members.filterNot { it.isSynthetic }.map { it.toString().substringAfter("final ") }.toSet()
    }

    private fun nativeMethodsOf(type: Class<*>): Set<String> =
        type.declaredMethods.filter { Modifier.isNative(it.modifiers) }.map { it.toString() }.toSet()

    private companion object {
        val ORIGINAL: ClassLoader = ShrunkClassesTest::class.java.classLoader
        val PLATFORM: ClassLoader = ClassLoader.getPlatformClassLoader()
        val FRAMEWORK: URL = Activity::class.java.protectionDomain.codeSource.location

        /** Classes that ask for the Android they run on before they use one that only a newer one has. */
        val NEWER = listOf(
            "okhttp3.internal.platform.android.Android17SocketAdapter: " +
                "java.lang.NoClassDefFoundError: android/net/ssl/InvalidEchDataException",
        )
        val APK: URL = Apk.classes.toURI().toURL()
    }
}
