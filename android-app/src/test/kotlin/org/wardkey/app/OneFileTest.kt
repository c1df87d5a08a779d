package org.wardkey.app

import org.junit.Rule
import org.junit.rules.TemporaryFolder
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import java.io.File

/** Base of the tests of what keeps one file, [name], which is not there at first. */
@RunWith(RobolectricTestRunner::class)
internal abstract class OneFileTest(private val name: String) {
    @get:Rule
    val folder = TemporaryFolder()

    protected val file: File by lazy { File(folder.root, name) }

    /** Where nothing can be written: its folder is a file. */
    protected val nowhere: File by lazy { File(folder.newFile(), name) }
}
