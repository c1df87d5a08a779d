package org.wardkey.app

import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment

/** The list of those who may speak for web pages: whoever changes it changes it here too, knowingly. */
@RunWith(RobolectricTestRunner::class)
internal class PrivilegedAppsTest {
    private val application = RuntimeEnvironment.getApplication() as WardkeyApplication
    private val list = JSONObject(application.assets.open("privileged_apps.json").reader().readText())

    @Test
    fun `the core can read it`() = assertEquals(emptyList<Any>(), application.passkeys())

    @Test
    fun `trusts these and no others, by their released builds`() = assertEquals(
        mapOf(
            "com.google.android.gms" to listOf("7C:E8:3C:1B", "D2:2C:C5:00", "F0:FD:6C:5B", "19:75:B2:F1"),
            "com.android.chrome" to listOf("F0:FD:6C:5B"),
            "org.mozilla.firefox" to listOf("A7:8B:62:A5"),
            "org.mozilla.focus" to listOf("62:03:A4:73"),
            "com.microsoft.emmx" to listOf("01:E1:99:97"),
            "com.sec.android.app.sbrowser" to listOf("C8:A2:E9:BC", "34:DF:0E:7A"),
            "com.brave.browser" to listOf("9C:2D:B7:05"),
            "com.vivaldi.browser" to listOf("E8:A7:85:44"),
            "com.duckduckgo.mobile.android" to listOf("BB:7B:B3:1C"),
        ),
        objects(list, "apps").map { it.getJSONObject("info") }.associate { info ->
            val signatures = objects(info, "signatures")
            assertTrue(signatures.all { it.getString("build") == "release" })
            info.getString("package_name") to signatures.map { it.getString("cert_fingerprint_sha256").take(11) }
        },
    )

    @Test
    fun `says where it is from and of when`() {
        assertEquals(1, list.getInt("version"))
        assertTrue(list.getString("source").startsWith("https://www.gstatic.com/gpm-passkeys-privileged-apps/"))
        assertTrue(list.getString("retrieved").matches(Regex("""\d{4}-\d\d-\d\d""")))
    }

    private fun objects(parent: JSONObject, name: String): List<JSONObject> {
        val array = parent.getJSONArray(name)
        return (0 until array.length()).map(array::getJSONObject)
    }
}
